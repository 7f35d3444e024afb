"""Keys, macs and ciphers against the numbers of the RFCs, of NIST, and of pysnmp's independent implementation."""

import hmac

import pytest
from pysnmp.entity import config
from pysnmp.proto.rfc1902 import OctetString

from agent.management.snmp.message import Authority
from agent.management.snmp.usm_crypto import decrypted, encrypted, is_signed, mac, new_salt
from agent.management.snmp.usm_keys import AUTHS, PRIVS, Auth, Priv, localised, master_key, privacy_key

ENGINE_ID = bytes.fromhex("000000000000000000000002")


@pytest.mark.parametrize(
    ("auth", "master", "local"),
    [
        (Auth("MD5", "md5", 12), "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
        (
            Auth("SHA-1", "sha1", 12),
            "9fb5cc0381497b3793528939ff788d5d79145211",
            "6695febc9288e36282235fc7151f128497b38f3f",
        ),
    ],
)
def test_password_to_key_of_rfc_3414(auth: Auth, master: str, local: str) -> None:
    """A.3: passphrase maplesyrup. The hashes themselves are refused in a users file; the way is the same for SHA-2."""
    key = master_key(auth, b"maplesyrup")
    assert key.hex() == master
    assert localised(auth, key, ENGINE_ID).hex() == local


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("SHA-224", config.USM_AUTH_HMAC128_SHA224),
        ("SHA-256", config.USM_AUTH_HMAC192_SHA256),
        ("SHA-384", config.USM_AUTH_HMAC256_SHA384),
        ("SHA-512", config.USM_AUTH_HMAC384_SHA512),
    ],
)
def test_password_to_key_of_sha_2_as_pysnmp_makes_it(name: str, service: tuple[int, ...]) -> None:
    """RFC 7860 has no numbers; net-snmp agrees in test_v3_net_snmp.py."""
    theirs = config.AUTH_SERVICES[service]
    assert master_key(AUTHS[name], b"maplesyrup") == bytes(theirs.hash_passphrase(b"maplesyrup"))
    key = master_key(AUTHS[name], b"maplesyrup")
    assert localised(AUTHS[name], key, ENGINE_ID) == bytes(theirs.localize_key(key, OctetString(ENGINE_ID)))


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("SHA-224", "896fb1128abbdf196832107cd49df33f"),
        ("SHA-256", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da7"),
        ("SHA-384", "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"),
        (
            "SHA-512",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4",
        ),
    ],
)
def test_macs_of_rfc_4231_cut_as_rfc_7860_says(name: str, digest: str) -> None:
    """Test case 1: twenty bytes 0b, `Hi There`; 16, 24, 32 and 48 octets go over the wire."""
    assert mac(AUTHS[name], b"\x0b" * 20, b"Hi There").hex() == digest


def test_aes_in_cipher_feedback_of_nist() -> None:
    """SP 800-38A, F.3.13: the vector is boots, time and salt of RFC 3826."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    clear = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    authority = Authority(b"", 0x00010203, 0x04050607)
    salt = bytes.fromhex("08090a0b0c0d0e0f")
    found = encrypted(key, authority, salt, clear)
    assert found.hex() == "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
    assert decrypted(key, authority, salt, found) == clear


def test_a_mac_is_found_at_its_place_and_nowhere_else() -> None:
    """One bit of the message, of the mac or of the key: not signed."""
    auth, key = AUTHS["SHA-256"], b"k" * 32
    unsigned = b"head" + bytes(24) + b"tail"
    signed = b"head" + hmac.digest(key, unsigned, "sha256")[:24] + b"tail"
    assert is_signed(auth, key, signed, 4)
    for place in range(len(signed)):
        wrong = bytearray(signed)
        wrong[place] ^= 1
        assert not is_signed(auth, key, bytes(wrong), 4)
    assert not is_signed(auth, b"K" + key[1:], signed, 4)


def test_privacy_keys_are_cut_or_lengthened() -> None:
    """The first octets; SHA-224 has 28 of the 32 that AES-256 needs, and its own digest gives the rest."""
    local = localised(AUTHS["SHA-512"], master_key(AUTHS["SHA-512"], b"maplesyrup"), ENGINE_ID)
    assert privacy_key(AUTHS["SHA-512"], PRIVS["AES"], local) == local[:16]
    assert privacy_key(AUTHS["SHA-512"], PRIVS["AES-256"], local) == local[:32]
    short = localised(AUTHS["SHA-224"], master_key(AUTHS["SHA-224"], b"maplesyrup"), ENGINE_ID)
    long = privacy_key(AUTHS["SHA-224"], Priv("AES-256", 32), short)
    assert long[:28] == short
    assert len(long) == 32


def test_no_salt_is_used_twice() -> None:
    """RFC 3826, 3.1.2.1."""
    assert len({new_salt() for _ in range(1000)}) == 1000
