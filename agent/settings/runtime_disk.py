"""DATA_DIR/runtime.json and its copy: one writer (management), several readers.

Both say the same, each whole (a sum) and each this unit's (its id). When one is damaged or gone the other counts: a unit that was
switched off must not come up on. When none can be used the settings file alone holds, and the unit takes part: staying off the
air because of a broken file would be the silence that it is here to prevent.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.settings.regular import read_regular
from agent.settings.replace import sync_directory
from agent.settings.runtime_file import MAX_BYTES, Content, Owner, Runtime, RuntimeFileError, as_bytes, from_bytes

FILE = "runtime.json"
COPY = "runtime.json.copy"


@dataclass(frozen=True, slots=True)
class Found:
    """`told`: what a person must know, whole sentences. `refused`: files to keep aside. `is_stale`: both are to be written anew.

    `is_lost`: there was something, and none of it can be used.
    """

    runtime: Runtime
    told: tuple[str, ...] = ()
    refused: tuple[Path, ...] = ()
    is_stale: bool = False
    is_lost: bool = False


def unit_id_of(data_dir: Path) -> str:
    """16 hexadecimal digits, as core has made them; empty: not yet, or it cannot be read."""
    with suppress(OSError, ValueError):
        number = int((data_dir / "unit_id").read_text().strip(), 16)
        return f"{number:016x}" if 0 < number < 1 << 64 else ""
    return ""


def find_runtime(data_dir: Path) -> Found:
    """What counts of the two. Reads only: keeping a bad one aside is management's."""
    main, copy = _both(data_dir)
    bad = {data_dir / name: one for name, one in ((FILE, main), (COPY, copy)) if isinstance(one, RuntimeFileError)}
    whole = next((one for one in (main, copy) if isinstance(one, Content)), None)
    said = [f"{path} is not used: {why}" for path, why in bad.items()]
    if whole is None:
        said += ["What the settings file says is in force, and nothing is locked or switched off"] if bad else []
        return Found(Runtime(), _together(said), tuple(bad), is_lost=bool(bad))
    said += _taken(data_dir, whole, main)
    return Found(whole.runtime, _together(said), tuple(bad), is_stale=main != copy or whole.is_old)


Look = Content | RuntimeFileError | None
"""What a file is; None: it is not there."""


def _both(data_dir: Path) -> tuple[Look, Look]:
    """One that names no unit is taken as long as this unit has written none that does."""
    unit_id = unit_id_of(data_dir)
    main, copy = (_look(data_dir / name, unit_id) for name in (FILE, COPY))
    if isinstance(main, Content) and main.is_old and isinstance(copy, Content) and not copy.is_old:
        main = RuntimeFileError("it names no unit, and what this unit writes does: somebody has put it there")
    return main, copy


def _taken(data_dir: Path, whole: Content, main: Look) -> list[str]:
    """What is to be said of the one that counts."""
    path = data_dir / FILE
    if whole is main:
        old = f"{path} is of an earlier version and names no unit: it is taken for this one's, and written anew"
        return [old] if whole.is_old else []
    missing = [f"{path} is missing"] if main is None else []
    return [*missing, f"What was set at run time is taken from its copy, {data_dir / COPY}"]


def _together(said: list[str]) -> tuple[str, ...]:
    """One, so that what was found and what follows from it stand together."""
    return (". ".join(said),) if said else ()


def _look(path: Path, unit_id: str) -> Look:
    try:
        content = read_content(path)
    except FileNotFoundError:
        return None
    except RuntimeFileError as error:
        return error
    if unit_id and content.owner.unit_id not in ("", unit_id):
        return RuntimeFileError(f"it was written by {content.owner}, and this is unit {unit_id}")
    return content


def read_content(path: Path) -> Content:
    """RuntimeFileError, FileNotFoundError."""
    try:
        return from_bytes(read_regular(path, MAX_BYTES).data)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RuntimeFileError(f"it cannot be read ({error.strerror or error})") from None


def write_runtime(path: Path, runtime: Runtime, owner: Owner | None = None) -> bool:
    """Old or new, never a mixture, whatever happens meanwhile; mode 0600. Both files are ready before one is replaced.

    OSError: the old ones stand. False: the new one is there, and its copy cannot be replaced.
    """
    data = as_bytes(runtime, owner or Owner())
    files = [path, path.with_name(COPY)]
    new = [one.with_name(f".{one.name}.new") for one in files]
    try:
        for one in new:
            _write(one, data)
        new[0].replace(path)
        is_copied = _replace(new[1], files[1])
    finally:
        for one in new:
            with suppress(OSError):
                one.unlink(missing_ok=True)
    sync_directory(path)
    return is_copied


def _replace(new: Path, path: Path) -> bool:
    with suppress(OSError):
        new.replace(path)
        return True
    return False


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
