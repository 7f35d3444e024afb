"""What a runtime.json holds, whosever it is."""

from pathlib import Path

from agent.settings.runtime_disk import read_content
from agent.settings.runtime_file import Runtime


def read_runtime(path: Path) -> Runtime:
    """Of one file; an absent one is empty. RuntimeFileError."""
    try:
        return read_content(path).runtime
    except FileNotFoundError:
        return Runtime()
