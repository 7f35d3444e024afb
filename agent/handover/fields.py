"""Reading the fields of a JSON object that another unit sent. ValueError with a sentence for whatever is not as it should be."""

from collections.abc import Mapping

Json = Mapping[str, object]
JsonObject = dict[str, object]
MAX_TEXT = 1000


def group(data: Json) -> int:
    """0..255."""
    return number(data, "group", 255)


def number(data: Json, name: str, most: int) -> int:
    """0..most; true and false are no numbers."""
    value = data.get(name)
    if type(value) is int and 0 <= value <= most:
        return value
    raise ValueError(f"{name} must be a whole number, 0..{most}")


def text(data: Json, name: str, most: int = MAX_TEXT, least: int = 1) -> str:
    """Printable, least..most characters."""
    value = data.get(name)
    if isinstance(value, str) and least <= len(value) <= most and value.isprintable():
        return value
    raise ValueError(f"{name} must be a text of {least}..{most} characters")


def flag(data: Json, name: str) -> bool:
    """True or false."""
    value = data.get(name)
    if isinstance(value, bool):
        return value
    raise ValueError(f"{name} must be true or false")


def hex32(data: Json, name: str) -> bytes:
    """32 bytes as 64 small hex digits."""
    return _bytes32(data.get(name), name)


def hex32_or_none(data: Json, name: str) -> bytes | None:
    """The same, or null."""
    return None if data.get(name) is None else hex32(data, name)


def hex32_list(data: Json, name: str, most: int) -> tuple[bytes, ...]:
    """At most `most` of them, none twice."""
    values = tuple(_bytes32(value, name) for value in array(data, name, most))
    if len(set(values)) != len(values):
        raise ValueError(f"{name} has one twice")
    return values


def array(data: Json, name: str, most: int) -> list[object]:
    """At most `most` values."""
    value = data.get(name)
    if isinstance(value, list) and len(value) <= most:
        return value
    raise ValueError(f"{name} must be a list of at most {most}")


def table(data: Json, name: str, most: int) -> dict[str, object]:
    """An object of at most `most` values; nothing said: an empty one."""
    value = data.get(name, {})
    if isinstance(value, dict) and len(value) <= most:
        return value
    raise ValueError(f"{name} must be an object of at most {most} values")


def _bytes32(value: object, name: str) -> bytes:
    if isinstance(value, str) and len(value) == 64 and value.isascii() and value == value.lower():
        try:
            found = bytes.fromhex(value)
        except ValueError:
            found = b""
        if len(found) == 32:
            return found
    raise ValueError(f"{name} must be 64 small hex digits")
