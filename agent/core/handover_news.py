"""What core and the handover process tell one another: masters that are heard, and configurations that are held."""

from agent.core.channel import Json
from agent.engine.events import ConfigChanged
from agent.engine.rules_pool import NO_RANK
from agent.wire.message import DESIGNATION_WORDS, NOT_ACTING, Kind, Message

MAX_REASONS = 16
MAX_REASON_CHARACTERS = 500
MAX_MARK_CHARACTERS = 64
_DIGEST_BYTES = 32


def heard(message: Message, address: str, age_ns: int) -> Json:
    """A master's last word: who it is and which configuration it has."""
    word = {
        "group": message.group,
        "unit_id": f"{message.unit_id:016x}",
        "name": message.name,
        "address": address,
        "priority": message.priority,
        "device_type": message.device_type,
        "designation": DESIGNATION_WORDS[message.designation],
        "acting_for": None if message.acting_for == NOT_ACTING else message.acting_for,
        "revision": message.config_revision,
        "digest": message.config_digest.hex(),
        "software": message.software,
        "is_master": message.kind is Kind.ADVERT,
        "age_ms": age_ns // 1_000_000,
    }
    return {"heard": word}


def config_changed(config: Json) -> ConfigChanged | None:
    """The event; None: not as docs/architecture.md says."""
    try:
        news = ConfigChanged(
            _whole(config["group"], 255),
            _whole(config["revision"], (1 << 63) - 1),
            bytes.fromhex(str(config["digest"])),
            config["held"] is True,
            _whole(config.get("readiness", 255), 255),
            _whole(config.get("rank", NO_RANK), NO_RANK),
            _whole(config.get("capacity", 0), 0xFFFF),
            _reasons(config.get("reasons", [])),
            str(config.get("own", ""))[:MAX_MARK_CHARACTERS],
        )
    except (KeyError, ValueError):
        return None
    return news if len(news.digest) == _DIGEST_BYTES else None


def _whole(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(value)
    return value


def _reasons(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(value)
    return tuple(str(reason)[:MAX_REASON_CHARACTERS] for reason in value[:MAX_REASONS])
