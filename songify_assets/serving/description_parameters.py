"""The parameters and the rows of a table in the words of JSON Schema."""

from typing import Any

from songify_assets.serving.catalogue import REAL, WHOLE, Column, Table
from songify_assets.serving.filters import COMPARED
from songify_assets.serving.forms import FORMS
from songify_assets.serving.questions import LIMIT, MOST_ROWS

AS_OF = {"name": "as_of", "in": "query", "required": True, "schema": {"type": "string", "format": "date"}}
_OF_TYPE: dict[str, dict[str, Any]] = {
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
    "TIMESTAMP WITH TIME ZONE": {"type": "string", "format": "date-time"},
}


def described_parameters(table: Table | None, is_list: bool = False) -> list[dict[str, Any]]:
    """What can be said in the address, as far as the columns are known."""
    found = [
        _parameter("format", {"type": "string", "enum": list(FORMS)}, "The form of the answer, whatever `Accept` says.")
    ]
    if is_list:
        return found
    found.append(
        _parameter(
            "limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": LIMIT}, "How many rows at most."
        )
    )
    if table is None:
        return found
    names = {"type": "array", "items": {"type": "string", "enum": list(table.columns)}, "minItems": 1}
    found.append(
        {**_parameter("columns", names, "The columns, separated by commas."), "style": "form", "explode": False}
    )
    for column in table.columns.values():
        found += _filters(column)
    return found


def _filters(column: Column) -> list[dict[str, Any]]:
    name, says = column.name, column.description or column.name
    found = [_parameter(f"{name}.is", {"type": "string", "enum": ["null"]}, f"{says}: there is none")]
    if not column.is_plain:
        return found
    schema = schema_of(column)
    found += [_parameter(name, schema, says)]
    found += [_parameter(f"{name}.{one}", schema, f"{says} {sign} this") for one, sign in COMPARED.items()]
    items = {**schema, "pattern": "^[^,]*$"} if column.type == "VARCHAR" else schema
    many = {"type": "array", "items": items, "minItems": 1}
    found.append({**_parameter(f"{name}.in", many, f"{says}: one of these"), "style": "form", "explode": False})
    return found


def _parameter(name: str, schema: dict[str, Any], says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": says, "schema": schema}


def schema_of(column: Column) -> dict[str, Any]:
    """The values of a plain column."""
    if column.type in WHOLE:
        least, most = WHOLE[column.type]
        return {"type": "integer", "minimum": least, "maximum": most}
    if column.type in REAL:
        return {"type": "number"}
    return _OF_TYPE.get(column.type, {"type": "string"})


def described_row(table: Table) -> dict[str, Any]:
    """A row of a table: any of its columns, each of which may be null."""
    properties = {}
    for column in table.columns.values():
        schema = schema_of(column) if column.is_plain else {}
        kind = {**schema, "type": [schema["type"], "null"]} if schema else {}
        properties[column.name] = {**kind, **({"description": column.description} if column.description else {})}
    return {"type": "object", "properties": properties, "additionalProperties": False}
