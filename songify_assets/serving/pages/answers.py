"""The six answers of a month, in words."""

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Facts
from songify_assets.serving.pages.published import Published, Row


def of_month(published: Published, month: str) -> list[Row]:
    """The answers of a month, each with the SQL that gives it."""
    return published.ask(
        "SELECT question, value, unit, sql FROM viewing.answers WHERE strftime(month, '%Y-%m') = ?", month
    )


def facts(published: Published, month: str) -> Facts:
    """The answers as numbers."""
    rows = of_month(published, month)
    return Facts(
        [
            (row["question"].replace("_", " ").capitalize(), shown(row["value"], row["unit"]), meaning(row["sql"]))
            for row in rows
        ]
    )


def meaning(sql: str) -> str:
    """The question of a query: what its first line says.

    >>> meaning("-- how long a stream lasts\\nSELECT 1 AS value")
    'how long a stream lasts'
    """
    return sql.partition("\n")[0].removeprefix("-- ")


def shown(value: float | None, unit: str) -> str:
    """An answer in its unit.

    >>> shown(79.3478, "%"), shown(22, "users"), shown(11247.75, "s"), shown(None, "users")
    ('79.3%', '22 users', '3 h 7 min', 'none')
    """
    if value is None:
        return "none"
    if unit == "%":
        return f"{value:,.1f}%"
    if unit == "s":
        return f.duration(value)
    return f"{value:,.2f}".removesuffix(".00") + f" {unit}"
