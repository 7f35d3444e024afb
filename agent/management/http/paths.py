"""Addresses of the API: which table, which rows, which parameters. What is not understood is refused, never guessed."""

from starlette.requests import Request

from agent.management.httpd.problems import Problem
from agent.model.managed import Table
from agent.model.tables import TABLE
from agent.model.view import Index

PREFIX = "/api/v1"
_UNCOUNTABLE = frozenset({"unit", "packets", "rejected", "coverage"})
_MAX_DIGITS = 10


def collection_name(table: str) -> str:
    """`member` → `members`; a word that is a heap already stays."""
    return table if table in _UNCOUNTABLE else f"{table}s"


COLLECTIONS: dict[str, Table] = {collection_name(name): table for name, table in TABLE.items()}


def table_of(request: Request) -> Table:
    """Of the first word of the path. Problem 404."""
    table = COLLECTIONS.get(request.path_params["collection"])
    if table is None:
        raise Problem(
            404, "There is no such table", f"There are: {', '.join(COLLECTIONS)}; GET {PREFIX}/openapi.json describes all"
        )
    return table


def index_of(request: Request) -> Index:
    """`7/1` → (7, 1): as many numbers as the table has, or fewer. Problem 404."""
    table, words = table_of(request), request.path_params["index"].split("/")
    is_number = all(word.isascii() and word.isdigit() and len(word) <= _MAX_DIGITS for word in words)
    if not is_number or not 1 <= len(words) <= len(table.index):
        form = "/".join(managed.name.upper() for managed in table.index) or "nothing"
        raise Problem(404, "There is nothing at this address", f"After {collection_name(table.name)} comes {form}, in digits")
    return tuple(map(int, words))


def known(request: Request, *names: str) -> None:
    """Problem 400 for any other parameter, or one that is given twice: a slip must not read as `all`."""
    given = [name for name, _value in request.query_params.multi_items()]
    wrong = sorted({name for name in given if name not in names or given.count(name) > 1})
    if wrong:
        takes = f"This address takes {', '.join(names)}, each once" if names else "This address takes none"
        raise Problem(400, f"Unknown or repeated parameter: {', '.join(wrong)[:80]!r}", takes)


def number_in(request: Request, name: str, otherwise: int, low: int = 0, high: int = 2**53) -> int:
    """A parameter that is a whole number. Problem 400."""
    given = request.query_params.get(name)
    if given is None:
        return otherwise
    if not (given.isascii() and given.isdigit() and len(given) <= 16 and low <= int(given) <= high):
        raise Problem(400, f"{name} must be a whole number {low}..{high}", f"For example ?{name}={otherwise}")
    return int(given)


def wanted_tables(request: Request) -> tuple[Table, ...]:
    """`?tables=unit,members`: by table or collection; all without it. Problem 400."""
    given = request.query_params.get("tables")
    if given is None:
        return tuple(TABLE.values())
    found = {name: TABLE.get(name) or COLLECTIONS.get(name) for name in given.split(",", len(TABLE))}
    missing = [name for name, table in found.items() if table is None]
    if missing:
        raise Problem(400, f"There is no table {missing[0][:40]!r}", f"There are: {', '.join(TABLE)}")
    return tuple(table for table in TABLE.values() if table in found.values())
