"""What a client certificate says of who asks: its name, and its role in the extension that Modbus Security defined."""

from agent.model.answers import Role

ROLE_EXTENSION = "1.3.6.1.4.1.50316.802.1"
_UTF8_STRING = 0x0C
_MAX_NAME = 64


def role_of(der: bytes) -> tuple[str, Role]:
    """Common name and role; viewer without the extension. ValueError: no certificate, or a role that there is none of."""
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(der)
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    name = str(names[0].value)[:_MAX_NAME] if names else "unnamed"
    return (name if name.isprintable() else "unprintable"), _role(certificate.extensions)


def _role(extensions: object) -> Role:
    from cryptography import x509

    assert isinstance(extensions, x509.Extensions)
    for extension in extensions:
        if extension.oid.dotted_string == ROLE_EXTENSION:
            assert isinstance(extension.value, x509.UnrecognizedExtension)
            return _named(_utf8_string(extension.value.value))
    return Role.VIEWER


def _utf8_string(der: bytes) -> str:
    """DER of one short UTF8String. ValueError (UnicodeDecodeError is one)."""
    if len(der) < 2 or der[0] != _UTF8_STRING or der[1] != len(der) - 2:
        raise ValueError("the role extension is not a UTF8String")
    return der[2:].decode()


def _named(word: str) -> Role:
    try:
        return Role[word.upper()]
    except KeyError:
        raise ValueError(f"the certificate has a role {word[:_MAX_NAME]!r}, which there is none of") from None
