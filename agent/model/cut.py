"""Text cut to a number of bytes, as every face has to."""


def cut(text: str, max_bytes: int) -> str:
    """At most so many bytes of UTF-8, whole letters; what cannot be UTF-8 is `?`."""
    if len(text) * 4 <= max_bytes:
        return text
    return text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")
