"""Receiver documents that check accepts, with own values that can be told: OWN, 10. and 02: stand in no shared one."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from agent.documents.schema import Document

OWN_MARKS: Final = (b"OWN", b"10.", b"02:")
KEYS: Final = ("a", "b.c", "d e", 'f"g', "ü", "h")

keys = st.sampled_from(KEYS)
numbers = st.integers(0, 65535)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cf", "Co", "Cn")), min_size=1, max_size=8
).filter(lambda text: "OWN" not in text and text.isprintable() and ":" not in text and "." not in text)
free_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.booleans(),
        numbers,
        texts,
        st.floats(allow_nan=False, allow_infinity=False, width=16).filter(lambda number: number < 5),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    """A table with some of these."""
    return st.fixed_dictionaries({}, optional=fields)


def own_port(unit: int) -> st.SearchStrategy[Document]:
    """What a port is on a unit."""
    return st.fixed_dictionaries(
        {"interface": st.just(f"OWN{unit}eth")},
        optional={
            "address": st.just(f"10.0.{unit}.5/24"),
            "gateway": st.just(f"10.0.{unit}.1"),
            "mac": st.just(f"02:00:00:00:00:0{unit}"),
        },
    )


def own_unit(unit: int) -> st.SearchStrategy[Document]:
    """What is a unit's alone."""
    return some(name=st.just(f"OWN{unit}"), serial=st.just(f"OWN-S{unit}"), licence=st.just(f"OWN-L{unit}"))


@st.composite
def receivers(draw: st.DrawFn, unit: int = 1) -> Document:
    """Any good document of a unit (1..9)."""
    ports = [
        {"name": name} | draw(own_port(unit)) | draw(some(acting_address=st.just("192.0.2.9/24")))
        for name in draw(st.lists(keys, max_size=3, unique=True))
    ]
    port = st.sampled_from([row["name"] for row in ports]) if ports else st.nothing()
    carriers = [_carrier(draw, name, port, number) for number, name in enumerate(draw(st.lists(keys, max_size=3, unique=True)))]
    routes = _routes(draw, [row["id"] for row in carriers], port)
    services = [_service(draw, name, [row["id"] for row in routes]) for name in draw(st.lists(keys, max_size=3, unique=True))]
    document = {
        "identity": draw(some(network_id=numbers, network_name=texts)),
        "unit": draw(own_unit(unit)),
        "port": ports,
        "carrier": carriers,
        "route": routes,
        "service": services,
        "ncc": draw(st.dictionaries(texts, free_values, max_size=2)),
    }
    return {name: value for name, value in document.items() if value}


def _carrier(draw: st.DrawFn, name: str, port: st.SearchStrategy[str], number: int) -> Document:
    lnb = some(local_oscillator_khz=numbers, tone=st.booleans()).filter(bool)
    optional = {"port": port, "enabled": st.booleans(), "frequency_khz": st.integers(1000, 60_000_000), "lnb": lnb}
    return {"id": name, "input": f"udp://239.1.1.{number}:5000"} | draw(some(**optional))


def _routes(draw: st.DrawFn, carriers: list[str], port: st.SearchStrategy[str]) -> list[Document]:
    if not carriers:
        return []
    return [
        {"id": name, "carrier": draw(st.sampled_from(carriers)), "output": f"udp://239.2.1.{number}:5000"} | draw(some(port=port))
        for number, name in enumerate(draw(st.lists(keys, max_size=3, unique=True)))
    ]


def _service(draw: st.DrawFn, name: str, routes: list[str]) -> Document:
    listed = draw(st.lists(st.sampled_from(routes), unique=True)) if routes else []
    return {"name": name, "rank": draw(st.integers(1, 1000)), "routes": listed}
