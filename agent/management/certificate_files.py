"""Certificates and keys as files: has one been exchanged, and is its key free of a password?"""

from pathlib import Path

Signature = tuple[int, ...]


def signature_of(path: Path) -> Signature:
    """What changes when a file is exchanged or rewritten; empty: it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def no_password() -> str:
    """For load_cert_chain: else OpenSSL asks on the terminal, and management waits for ever."""
    raise ValueError("the key is encrypted with a password; this agent takes none")
