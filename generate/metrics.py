"""The part of docs/reference.md that lists what Prometheus scrapes: of the model, and what is counted besides."""

from agent.model.metrics import Family, Type, told
from agent.model.metrics_counted import EVERY
from generate.markdown import table

_ABOUT = """## metrics

Every series of `GET /metrics`, in the order of the model; then what is no object of it, counted in management since that started.
Times are in seconds, sizes in bytes. A label that is called as an object holds its word: one series a word, 1 where it is, 0
elsewhere. What is not known now is left out. `group` is decimal; of an alarm of the unit as a whole it is empty."""


def metrics_section() -> str:
    """All of them."""
    families = [*(one.family for one in told()), *EVERY]
    return f"{_ABOUT}\n\n" + table(("metric", "type", "labels", "meaning"), [_row(family) for family in families])


def _row(family: Family) -> tuple[str, ...]:
    bounds = f" Buckets: {', '.join(f'{bound:g}' for bound in family.buckets)}." if family.type is Type.HISTOGRAM else ""
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"`{family.name}`", family.type.value, labels, family.help + bounds
