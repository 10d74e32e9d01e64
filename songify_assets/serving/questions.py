"""What a request asks: of which table, which columns and rows, and how many from where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from songify_assets.serving.catalogue import REAL, Catalogue, Table, of_row
from songify_assets.serving.filters import Condition, condition, no_column
from songify_assets.serving.forms import JSON, JSON_ROWS, is_written_by_duckdb, json_row, selected
from songify_assets.serving.positions import AFTER, Position, read_position
from songify_assets.serving.problems import Problem, not_there, wrong_query
from songify_assets.serving.values import day_of

LIMIT, MOST_ROWS, MOST_PARAMETERS = 1000, 10_000, 200
# From so many rows on, DuckDB writes their JSON sooner than Python does.
MANY = 200
# A page of so many rows, of a table of so many, is there within milliseconds: a thread and the way to it would take longer.
SHORT, FEW = LIMIT, 10_000
NAMED = {
    "/v1/market-share": "royalties.market_share",
    "/v1/answers": "viewing.answers",
    "/v1/retention": "engagement.cohort_retention",
    "/v1/churn": "engagement.churn",
    "/v1/statements": "royalties.statements",
    "/v1/restatements": "royalties.restatements",
}
TABLES, HISTORY = "/v1/tables", "/v1/history"
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Question:
    """A page of a table's rows: the columns asked for, the conditions, how many rows at most, and after which position."""

    table: Table
    columns: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    limit: int = LIMIT
    after: Position | None = None

    @property
    def ordering(self) -> tuple[str, ...]:
        """The columns that are read besides those asked for: the next page begins after their values."""
        return tuple(name for name in self.table.order if name not in self.columns)

    @property
    def order_places(self) -> list[int]:
        """Where in what is read the columns of the order are."""
        read = [*self.columns, *self.ordering]
        return [read.index(name) for name in self.table.order]

    def read_as(self, media: str) -> str:
        """The form in which rows are read for an answer's: JSON of many rows is written by DuckDB, if it can be."""
        expected = min(self.limit, (self.table.rows or 0) // 10 ** len(self.conditions))  # a guess, for speed alone
        if media != JSON or expected < MANY or self.ordering:
            return media
        # A NaN is null in JSON, so that it would not tell where the next page begins.
        columns = [self.table.columns[name] for name in self.columns]
        ordered = [self.table.columns[name] for name in self.table.order]
        is_written = all(map(is_written_by_duckdb, columns)) and not any(column.type in REAL for column in ordered)
        return JSON_ROWS if is_written else media

    def sql(self, form: str) -> tuple[str, list[Any]]:
        """One row more than asked for, so that one sees whether there is a next page; and the values of the parameters."""
        seek = self.after.condition(self.table) if self.after else None
        conditions = [*self.conditions, *([seek] if seek else [])]
        asked = [selected(self.table.columns[name], form) for name in self.columns]
        order = _order(self.table.order, tuple(self.table.columns))
        where = f" WHERE {' AND '.join(f'({one.sql})' for one in conditions)}" if conditions else ""
        sql = f"SELECT {', '.join([*asked, *map(of_row, self.ordering)])} FROM {self.table.quoted} AS r{where}"
        sql += f" ORDER BY {order} LIMIT ? OFFSET ?"  # not as numbers: pages of all sizes are one statement
        pages = [self.limit + 1, self.after.skipped if self.after else 0]
        if form == JSON_ROWS:
            row = json_row(self.table.columns[name] for name in self.columns)
            sql = f"SELECT {row} FROM ({sql}) AS r"
        return sql, [*(value for one in conditions for value in one.values), *pages]


@lru_cache(1000)
def _order(key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """Rows whose key is the same have an order, too: or else a page may repeat one of the page before."""
    return ", ".join(f"{of_row(name)} NULLS FIRST" for name in dict.fromkeys([*key, *columns]))


def parameters(query: str) -> list[tuple[str, str]]:
    """The parameters of an address in their order; Problem (400) where they are no text."""
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        what = (
            "it is no text in UTF-8"
            if isinstance(error, UnicodeDecodeError)
            else f"it has over {MOST_PARAMETERS} parameters"
        )
        raise wrong_query("the query", what, "Correct it.") from None


def question(catalogue: Catalogue, path: str, asked: Parameters) -> Question:
    """What a path and its parameters ask; Problem (404, 400) where that makes no sense."""
    if path.startswith(f"{HISTORY}/"):
        return _of_history(catalogue, path, asked)
    return _filtered(_table(catalogue, path, _name(path)), asked)


def is_short(catalogue: Catalogue, path: str, query: str) -> bool:
    """Whether an address asks for a short page of a table that has few rows."""
    table = catalogue.tables.get(_name(path))
    if table is None or table.rows is None or table.rows > FEW:
        return False
    return table.rows <= SHORT or not may_say("limit", query) or _asks_few(parameters(query))


def _asks_few(asked: Parameters) -> bool:
    limits = [text for name, text in asked if name == "limit"]
    return all(text.isascii() and text.isdigit() and int(text[:10]) <= SHORT for text in limits)


def _name(path: str) -> str:
    """The table that a path asks for."""
    if path.startswith(f"{HISTORY}/"):
        return path.removeprefix(f"{HISTORY}/").replace("/", ".") + "_history"
    return NAMED.get(path) or path.removeprefix(f"{TABLES}/").replace("/", ".")


def _of_history(catalogue: Catalogue, path: str, asked: Parameters) -> Question:
    """The versions of an entity that were valid on a day."""
    table = _table(catalogue, path, _name(path))
    if not {"valid_from", "valid_to"} <= set(table.columns):
        raise not_there(path, "this table tells no versions by day")
    days = [text for name, text in asked if name == "as_of"]
    if len(days) != 1:
        raise wrong_query("as_of", "it must be said once, which versions are asked for", "Write as_of=2021-12-25.")
    day = day_of("as_of", days[0])
    valid = Condition("r.valid_from <= ? AND (r.valid_to IS NULL OR r.valid_to > ?)", [day, day])
    others = _filtered(table, [one for one in asked if one[0] != "as_of"])
    return replace(others, conditions=(valid, *others.conditions))


def _table(catalogue: Catalogue, path: str, name: str) -> Table:
    if name not in catalogue.tables:
        raise not_there(path, f"this warehouse has no table {name[:200]}")
    return catalogue.tables[name]


def _filtered(table: Table, asked: Parameters) -> Question:
    """The question of these parameters; what is wrong with one is told with the columns there are."""
    try:
        return _understood(table, asked)
    except Problem as problem:
        problem.told.setdefault("columns", list(table.columns))
        raise


def _understood(table: Table, asked: Parameters) -> Question:
    found, conditions = dict[str, str](), list[Condition]()
    for name, text in asked:
        if name in ("limit", "columns", "format", AFTER):
            if name in found:
                raise wrong_query(name, "it is said twice", "Say it once.")
            found[name] = text
        else:
            conditions.append(condition(table, name, text))
    return Question(
        table,
        _columns(table, found["columns"]) if "columns" in found else tuple(table.columns),
        tuple(conditions),
        _limit(found.get("limit", str(LIMIT))),
        read_position(found[AFTER]) if AFTER in found else None,
    )


def _columns(table: Table, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    if unknown := [name for name in names if name not in table.columns]:
        raise no_column(table, unknown[0])
    return names


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST_ROWS:
        return int(text)
    raise wrong_query(
        "limit", f"{text[:80]!r} is not a number from 1 to {MOST_ROWS:,}", f"Without it, it is {LIMIT:,}."
    )


def next_address(path: str, asked: Parameters, position: Position) -> str:
    """The address of the next page, on the same server."""
    return f"{quote(path)}?{urlencode([*((n, t) for n, t in asked if n != AFTER), (AFTER, position.token)])}"


def publication_of(query: str) -> str | None:
    """The publication in which the pages of an address began; None for a first page."""
    if not may_say(AFTER, query):
        return None
    token = dict(parameters(query)).get(AFTER)
    return read_position(token).publication if token is not None else None


def may_say(name: str, query: str) -> bool:
    """Whether an address may have a parameter, without reading it: its name may be percent-encoded."""
    return name in query or "%" in query
