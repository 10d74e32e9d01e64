"""Where a page ends and the next one begins: the last row's place in the order, and the publication it lies in."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from songify_assets.serving.catalogue import Table, of_row
from songify_assets.serving.filters import Condition
from songify_assets.serving.found_rows import Found
from songify_assets.serving.problems import wrong_query
from songify_assets.serving.values import text_of, value_of

AFTER = "after"


@dataclass(frozen=True)
class Position:
    """A place in the rows of a publication.

    `values` are those of the columns in the order, from which rows are counted and `skipped` ones left out; without them,
    all rows are counted.
    """

    publication: str
    skipped: int
    values: tuple[str | None, ...] | None = None

    @property
    def token(self) -> str:
        """The position as an address holds it."""
        text = json.dumps([self.publication, self.skipped, self.values], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def condition(self, table: Table) -> Condition | None:
        """That a row is not before the values; Problem (400) where they are none of this table's."""
        if self.values is None:
            return None
        if len(self.values) != len(table.order):
            raise _broken()
        texts = zip(table.order, self.values, strict=True)
        read = [None if text is None else value_of(AFTER, table.columns[name], text) for name, text in texts]
        return not_before(table.order, read)


def read_position(token: str) -> Position:
    """The position that a token holds; Problem (400) where it is none of ours."""
    try:
        publication, skipped, values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError):
        raise _broken() from None
    is_right = isinstance(publication, str) and type(skipped) is int and 0 <= skipped < 2**62
    is_right = is_right and (
        values is None or (isinstance(values, list) and all(v is None or isinstance(v, str) for v in values))
    )
    if not is_right:
        raise _broken()
    return Position(publication, skipped, None if values is None else tuple(values))


def not_before(order: Sequence[str], values: Sequence[Any]) -> Condition:
    """That a row is at these values or after them, in ascending order with NULLs first."""
    sql, params = "TRUE", list[Any]()
    for name, value in reversed(list(zip(order, values, strict=True))):
        column = of_row(name)
        if value is None:
            sql = f"({column} IS NOT NULL OR {sql})"
        else:
            sql, params = f"({column} > ? OR ({column} = ? AND {sql}))", [value, value, *params]
    if values[0] is not None:  # said once more by itself: this is what skips whole parts of a file
        sql, params = f"{of_row(order[0])} >= ? AND {sql}", [values[0], *params]
    return Condition(sql, params)


def position_after(
    table: Table, found: Found, rows: int, places: Sequence[int], publication: str, before: Position | None
) -> Position:
    """The position after so many found rows, which began at `before`; `places` are where the columns of the order are."""
    skipped = before.skipped if before else 0
    if not all(table.columns[name].is_plain for name in table.order):
        return Position(publication, skipped + rows)

    def texts_of(number: int) -> tuple[str | None, ...]:
        # As texts NaN is what it is; as a value it equals nothing.
        return tuple(map(text_of, found.values(number, places)))

    texts, same = texts_of(rows - 1), 1
    while same < rows and texts_of(rows - 1 - same) == texts:
        same += 1
    if same == rows and before and before.values == texts:
        same += skipped
    return Position(publication, same, texts)


def _broken() -> Exception:
    return wrong_query(AFTER, "it is not where one of our pages ended", "Follow `next` of the page before.")
