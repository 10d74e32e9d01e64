"""Filters: which rows are asked for, as SQL of the table's own columns with values beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from songify_assets.serving.catalogue import Column, Table, of_row
from songify_assets.serving.problems import wrong_query
from songify_assets.serving.values import value_of

COMPARED = {"ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
OPERATORS = (*COMPARED, "in", "is")


@dataclass(frozen=True)
class Condition:
    """A condition in SQL, and the values of its parameters."""

    sql: str
    values: Sequence[Any] = ()


def condition(table: Table, parameter: str, text: str) -> Condition:
    """The condition that a parameter such as `plays.gt=10` names; Problem (400) with the columns there are."""
    column, operator = _asked(table, parameter)
    name = of_row(column.name)
    if operator == "is":
        if text.lower() != "null":
            raise wrong_query(parameter, f"{text[:80]!r} is not null", "The only form is column.is=null.")
        return Condition(f"{name} IS NULL")
    if not column.is_plain:
        remedy = f"It is of type {column.type}; only {column.name}.is=null can be asked."
        raise wrong_query(parameter, "this column has no plain values", remedy)
    if operator == "in":
        values = [value_of(parameter, column, one) for one in text.split(",")]
        return Condition(f"{name} IN ({', '.join('?' * len(values))})", values)
    return Condition(f"{name} {COMPARED.get(operator, '=')} ?", [value_of(parameter, column, text)])


def _asked(table: Table, parameter: str) -> tuple[Column, str]:
    """The column and the operator of a parameter; without an operator the value is the column's own."""
    if parameter in table.columns:
        return table.columns[parameter], ""
    name, _, operator = parameter.rpartition(".")
    if name not in table.columns:
        raise no_column(table, parameter)
    if operator not in OPERATORS:
        remedy = f"There are {', '.join(f'{name}.{one}' for one in OPERATORS)}, and {name} itself."
        raise wrong_query(parameter, f"there is no operator {operator[:80]!r}", remedy)
    return table.columns[name], operator


def no_column(table: Table, name: str) -> Exception:
    """The problem that a column is not there, with those that are."""
    remedy = f"Its columns are {', '.join(table.columns)}."
    return wrong_query(
        name[:200] or "(no name)", f"{table.name} has no such column", remedy, columns=list(table.columns)
    )
