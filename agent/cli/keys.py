"""`understudy keygen`: one step in the life of a LAN key, and the sentence that says what comes next."""

import sys
from argparse import Namespace
from pathlib import Path

from agent.cli import exits
from agent.settings.errors import SettingsError

_EVERYWHERE = "copy {file} to every unit and run `understudy reload-keys` on each"
_NEXT_STEP = {
    "create": "made {file} with key {key}. Next: copy it to every unit of this LAN (scp -p) and name it as key_file under [lan] "
    "on each. Units with a key do not hear those without: stop all backups, restart the master, then start the backups. "
    "In between nobody protects the master; in any other order two units would be master",
    "add": f"added key {{key}}: accepted, not yet signing. Next: {_EVERYWHERE}; when all have it, and not before (a unit without "
    "it would not hear who signs with it, and become a second master): understudy keygen --promote {file}",
    "promote": f"key {{key}} signs now, where all have it already. Next: {_EVERYWHERE}; when all have it: "
    "understudy keygen --remove-old {file}",
    "remove_old": f"removed key {{key}}. Next: {_EVERYWHERE}. Then the rotation is done",
}


def keygen(options: Namespace) -> int:
    """One step. 2: the key file is wrong; 3: it would be overwritten; 5: the system refused."""
    from agent.settings import keygen as steps

    path: Path = options.file
    try:
        key_id = getattr(steps, options.step)(path)
    except SettingsError as error:
        return _fail(exits.BAD_SETTINGS, str(error))
    except FileExistsError:
        text = f"{path}: refused: it exists already, and no key is ever overwritten"
        return _fail(exits.REFUSED, f"{text}. To change keys: understudy keygen --add {path}")
    except OSError as error:
        text = f"{path}: failed: {error.strerror}. Nothing was changed"
        return _fail(exits.FAILED, f"{text}; make room, or mend the path or its permissions.")
    print(_NEXT_STEP[options.step].format(file=path, key=key_id) + ".")
    return exits.DONE


def _fail(code: int, text: str) -> int:
    print(text, file=sys.stderr)
    return code
