"""The tables of a publication as rows, `/v1/tables`."""

import json
from typing import Any

import pyarrow as pa

from songify_assets.serving.catalogue import Catalogue, Table
from songify_assets.serving.forms import CSV, JSON
from songify_assets.serving.found_rows import Frame, Objects, Parts
from songify_assets.serving.problems import wrong_query
from songify_assets.serving.questions import Parameters

_COLUMN = pa.struct([("name", pa.string()), ("type", pa.string()), ("description", pa.string())])
_ROW = pa.schema(
    [
        ("table", pa.string()),
        ("schema", pa.string()),
        ("name", pa.string()),
        ("description", pa.string()),
        ("key", pa.list_(pa.string())),
        ("rows", pa.int64()),
        ("through", pa.date32()),
        ("complete", pa.bool_()),
        ("columns", pa.list_(_COLUMN)),
    ]
)


def listed(catalogue: Catalogue, asked: Parameters, media: str) -> tuple[Parts, Parts]:
    """The list in a form, and what is another whenever it is; Problem (400) for a parameter, as it has none."""
    if unknown := [name for name, _ in asked if name != "format"]:
        raise wrong_query(unknown[0][:200], "the list of tables has no such parameter", "It has `format` alone.")
    rows = [_row(table) for table in catalogue.tables.values()]
    if media == JSON:
        return Objects(_ROW.names, rows).encoded(len(rows), len(_ROW))
    columns = {
        field.name: pa.array(map(json.dumps, values))
        if media == CSV and pa.types.is_nested(field.type)
        else pa.array(values, field.type)
        for field, values in zip(_ROW, zip(*rows, strict=True), strict=True)
    }
    return Frame(pa.table(columns), media).encoded(len(rows), len(_ROW))


def _row(table: Table) -> tuple[Any, ...]:
    schema, name = table.name.split(".", 1)
    columns = [{"name": one.name, "type": one.type, "description": one.description} for one in table.columns.values()]
    told = (list(table.key), table.rows, table.through, table.is_complete, columns)
    return (table.name, schema, name, table.description, *told)
