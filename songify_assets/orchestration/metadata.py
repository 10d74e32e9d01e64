"""What people see of a table in the web UI: row counts, columns with their descriptions, a small preview."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from songify_assets.foundation.tables import Lake

PREVIEW_ROWS = 5


def show(context: Any, lake: Lake, table: str, rows: Mapping[str, int]) -> None:
    """Adds to the materializations of a step: the row count and a preview of each partition that was just written.

    `context` is that of the asset or of its step.
    """
    for key, number in rows.items():
        context.add_asset_metadata(_table_metadata(lake, table, key, number), partition_key=key or None)


def _table_metadata(lake: Lake, table: str, key: str, rows: int) -> dict[str, Any]:
    head = lake.scan(table, [key]).head(PREVIEW_ROWS).collect()
    return {
        "dagster/partition_row_count" if key else "dagster/row_count": rows,
        "dagster/table_name": table.replace("/", "."),
        "dagster/uri": lake.path(table, key).as_uri(),
        "preview": dg.MetadataValue.md(markdown(head)),
    }


def column_schema(columns: pl.Schema, descriptions: Mapping[str, str]) -> dg.TableSchema:
    """The columns of a table as Dagster shows them."""
    return dg.TableSchema([dg.TableColumn(name, str(dtype), descriptions.get(name)) for name, dtype in columns.items()])


def markdown(frame: pl.DataFrame) -> str:
    """A small frame as a Markdown table."""
    if frame.is_empty():
        return "no rows"
    lines = [frame.columns, ["---"] * frame.width, *([_cell(value) for value in row] for row in frame.rows())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value).replace("|", "\\|").replace("\n", " ")[:80]
