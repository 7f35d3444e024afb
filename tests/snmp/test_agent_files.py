"""Users and communities: private files, read strictly; what is wrong is said without the secret."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from agent.management.snmp import users
from agent.management.snmp.communities import community_principal, load_communities
from agent.management.snmp.private_file import SecretsError
from agent.management.snmp.users import Level, load_users
from agent.model.answers import Role
from tests.snmp.site import LESSER_USERS, USERS, private

GOOD = {"name": "ops", "auth": "SHA-256", "auth_passphrase": "hush-hush-1", "priv": "AES", "priv_passphrase": "hush-hush-2"}


def written(path: Path, **entry: object) -> Path:
    """A users file with one user; None leaves a key out."""
    said = {key: value for key, value in (GOOD | entry).items() if value is not None}
    lines = [f"{key} = {value if isinstance(value, bool | int) else repr(value)}" for key, value in said.items()]
    return private(path / "users.toml", "[[user]]\n" + "\n".join(lines))


def test_roles_and_levels(tmp_path: Path) -> None:
    """C-20: viewer unless the file says more; authPriv unless it says less."""
    found = load_users(private(tmp_path / "u", USERS + LESSER_USERS))
    assert found[b"ops"].role is Role.OPERATOR
    assert found[b"signed"].role is Role.VIEWER
    assert [found[name].least for name in (b"ops", b"signed", b"open")] == [
        Level.AUTH_PRIV,
        Level.AUTH_NO_PRIV,
        Level.NO_AUTH_NO_PRIV,
    ]


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    """As it stands in users.py."""
    text = "\n".join(line[4:] for line in (users.__doc__ or "").splitlines() if line.startswith("    "))
    assert load_users(private(tmp_path / "u", text))[b"nms"].role is Role.OPERATOR


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"auth": "MD5"}, "MD5 is broken"),
        ({"auth": "SHA"}, "SHA is broken"),
        ({"auth": "SHA-1"}, "SHA-1 is broken"),
        ({"auth": "SHA-224"}, "SHA-224 is refused unless"),
        ({"auth": "SHA-999"}, "auth must be SHA-256"),
        ({"priv": "DES"}, "DES is refused"),
        ({"auth_passphrase": "short"}, "at least 8 characters"),
        ({"priv_passphrase": "short"}, "at least 8 characters"),
        ({"auth_passphrase": None}, "either auth_passphrase or auth_key"),
        ({"auth_key": "00"}, "either auth_passphrase or auth_key"),
        ({"auth_passphrase": None, "auth_key": "00ff"}, "auth_key must be 64 hex digits"),
        ({"auth": None, "auth_passphrase": None}, "priv without auth"),
        ({"priv": None, "priv_passphrase": None}, "level authPriv needs auth and priv"),
        ({"level": "none"}, "level must be one of"),
        ({"role": "king"}, "role viewer, operator or admin"),
        ({"role": "operator", "level": "noAuthNoPriv"}, "must be authenticated"),
        ({"name": ""}, "1 to 32 bytes"),
        ({"name": "x" * 33}, "1 to 32 bytes"),
        ({"pasphrase": "hush-hush-3"}, "has one of these keys at most"),
        ({"name": None}, "must have a name"),
    ],
)
def test_a_wrong_entry_is_named_without_its_secrets(tmp_path: Path, entry: dict[str, object], said: str) -> None:
    """SHA-256 or better by default. No message holds a passphrase."""
    with pytest.raises(SecretsError, match=said) as error:
        load_users(written(tmp_path, **entry))
    assert "hush" not in str(error.value)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize("text", ["", "user = 1", "[other]\n", "[[user]]\nname = 'a'\n[[user]", "[[user]]\nx"])
def test_a_file_that_is_no_users_file(tmp_path: Path, text: str) -> None:
    """In one sentence, with where."""
    with pytest.raises(SecretsError):
        load_users(private(tmp_path / "u", text))


def test_the_same_name_twice(tmp_path: Path) -> None:
    """Which keys would be his?"""
    with pytest.raises(SecretsError, match="same name"):
        load_users(private(tmp_path / "u", USERS + USERS))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    """And the remedy is a command to type."""
    path = private(tmp_path / "u", USERS)
    path.chmod(mode)
    for load in (load_users, load_communities):
        with pytest.raises(SecretsError, match=f"chmod 600 {path}"):
            load(path)


def test_communities_with_and_without_labels(tmp_path: Path) -> None:
    """The label is what the audit sees; the community never."""
    found = load_communities(private(tmp_path / "c", "# ours\npublic\n\nnms  s3cret  # the NMS\n"))
    assert found == {b"public": "community 1", b"s3cret": "nms"}


@pytest.mark.parametrize("text", ["", "# nothing", "a b c", "twice\ntwice", 13 * "xyzzy"], ids=range(5))
def test_wrong_communities(tmp_path: Path, text: str) -> None:
    """By the number of the line."""
    with pytest.raises(SecretsError) as error:
        load_communities(private(tmp_path / "c", text))
    assert "twice\n" not in str(error.value)
    assert "xyzzy" not in str(error.value)


@pytest.mark.parametrize(
    ("address", "role"),
    [("10.1.2.3", Role.OPERATOR), ("10.2.2.3", Role.VIEWER), ("::ffff:10.1.2.3", Role.OPERATOR), ("fe80::1", Role.VIEWER)],
)
def test_who_may_write_by_v2c(address: str, role: Role) -> None:
    """C-20: by address, and by default from none."""
    networks = (ip_network("10.1.0.0/16"),)
    assert community_principal("nms", ip_address(address), networks).role is role
    assert community_principal("nms", ip_address(address), ()).role is Role.VIEWER
