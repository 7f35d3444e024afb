"""TLS as web.yml asks for it."""

import ssl
from functools import lru_cache

from agent.management.certificate_files import no_password
from agent.management.kept import Failed
from agent.settings.web_config import WebConfig

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


def context_of(config: WebConfig) -> ssl.SSLContext | None:
    """None: the file asks for no TLS. Failed when its files cannot be used."""
    if config.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = _VERSIONS[config.min_version], _VERSIONS[config.max_version]
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(config.certificate, config.key, password=no_password)
        if config.client_ca is not None:
            context.load_verify_locations(config.client_ca)
            context.verify_mode = _VERIFY[config.client_auth]
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        files = ", ".join(map(str, config.files))
        raise Failed(f"TLS cannot be served with {files}: {reason}. Mend them") from None
    return context


@lru_cache(maxsize=64)
def names_in(certificate: bytes) -> frozenset[str]:
    """Every alternative name of a client's certificate (DER, checked by TLS); empty when there are none, or it is odd."""
    from cryptography import x509

    try:
        own = x509.load_der_x509_certificate(certificate)
        found = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return frozenset()
    kinds = (x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier)
    texts = [name for kind in kinds for name in found.get_values_for_type(kind)]
    return frozenset([*texts, *map(str, found.get_values_for_type(x509.IPAddress))])
