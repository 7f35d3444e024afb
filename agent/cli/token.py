"""`understudy token`: bearer tokens of the HTTP API. What is shown once is nowhere kept; the file has its hash."""

import hashlib
import json
import os
import secrets
from argparse import Namespace
from pathlib import Path

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.stop import Stop

_BYTES = 32
_MAX_NAME = 64


def token(options: Namespace) -> int:
    """A new one at the end of the file, or all of a name taken out of it."""
    path, name = options.tokens_file, options.name
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise Stop(exits.BAD_SETTINGS, f"NAME must be 1..{_MAX_NAME} printable characters.")
    try:
        return _remove(options, path, name) if options.remove else _add(options, path, name)
    except OSError as error:
        raise Stop(exits.FAILED, f"failed: {path}: {error.strerror or error}. Nothing was changed.") from None


def _add(options: Namespace, path: Path, name: str) -> int:
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    text, _known = _read(path)
    made = secrets.token_urlsafe(_BYTES)
    digest = hashlib.sha256(made.encode()).hexdigest()
    entry = f'[[token]]\nname = {json.dumps(name, ensure_ascii=False)}\nrole = "{options.role}"\nsha256 = "{digest}"\n'
    _replace(path, f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{entry}")
    if options.json:
        print_json({"outcome": "done", "name": name, "role": options.role, "token": made})
    else:
        print(made)
    return exits.DONE


def _remove(options: Namespace, path: Path, name: str) -> int:
    """The file is written anew, without what people wrote between the tables."""
    _text, known = _read(path)
    kept = [one for one in known if one[0] != name]
    if len(kept) == len(known):
        raise Stop(exits.REFUSED, f"refused: {path} has no token of {name}. Nothing was changed.")
    text = "".join(
        f'[[token]]\nname = {json.dumps(one, ensure_ascii=False)}\nrole = "{role}"\nsha256 = "{digest}"\n'
        for one, role, digest in kept
    )
    _replace(path, text)
    count = len(known) - len(kept)
    if options.json:
        print_json({"outcome": "done", "name": name, "removed": count})
    else:
        print(f"done: {count} token(s) of {name} forgotten; the running agent knows at once.")
    return exits.DONE


def _read(path: Path) -> tuple[str, list[tuple[str, str, str]]]:
    """The text, and name, role and hash of each. Stop when the agent could not use it either. OSError."""
    from agent.management.http.tokens import BadTokens, read_tokens
    from agent.settings.regular import read_regular

    try:
        tokens = read_tokens(path)
    except BadTokens as error:
        raise Stop(exits.BAD_SETTINGS, f"{error}. Nothing was changed.") from None
    found = [(one.name, one.role.name.lower(), one.digest.hex()) for one in tokens]
    return read_regular(path, 1 << 20).data.decode(), found


def _replace(path: Path, text: str) -> None:
    from agent.settings.replace import replace_text

    replace_text(path, text)
