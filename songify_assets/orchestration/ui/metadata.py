"""What people see of a table in the web UI: row counts, columns with their descriptions, a small preview."""

import inspect
import linecache
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
import pandera.polars as pa
import polars as pl

from songify_assets.foundation.lake import Lake
from songify_assets.foundation.prefetch import worked
from songify_assets.orchestration.ui.attempts import FAILURES, why
from songify_assets.orchestration.ui.canvas import as_metadata
from songify_assets.orchestration.ui.drawn import Picture
from songify_assets.texts import as_markdown

PREVIEW_ROWS = 5


def show(
    context: Any,
    lake: Lake,
    table: str,
    rows: Mapping[str, int],
    lineage: dg.TableColumnLineage | None = None,
    picture: Picture | None = None,
    engine: str = Lake.engine,
) -> None:
    """Adds to the materializations of a step: row count, preview and engine of each partition that was just written.

    Lineage and picture go with the last of them, which the page of the asset shows. `context` is that of the asset or of its step. What cannot be shown is a warning:
    the rows are stored by now.
    """
    previews = worked(lambda key: _attempted(context, "preview", _preview, lake, table, key), rows)
    for (key, number), preview in zip(rows.items(), previews, strict=True):
        metadata = {
            "dagster/partition_row_count" if key else "dagster/row_count": number,
            "dagster/table_name": table.replace("/", "."),
            "dagster/uri": lake.path(table, key).as_uri(),
            "engine": engine,
            **preview,
        }
        is_last = key == max(rows)
        if lineage is not None and is_last:
            metadata["dagster/column_lineage"] = lineage
        if picture is not None and is_last:
            metadata |= _attempted(context, "picture", _drawn, picture, lake, key)
        context.add_asset_metadata(metadata, partition_key=key or None)


def _attempted(context: Any, name: str, make: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """What `make` returns, under its name; if it fails, a warning."""
    try:
        return {name: make(*args)}
    except FAILURES as error:
        context.log.warning(f"the {name} could not be made: {why(error)}")
        return {f"{name} (warning)": f"could not be made: {why(error)}"}


def _preview(lake: Lake, table: str, key: str) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.md(markdown(lake.scan(table, [key]).head(PREVIEW_ROWS).collect()))


def _drawn(picture: Picture, lake: Lake, key: str) -> dg.MetadataValue[Any]:
    return as_metadata(picture(lake, key))


def column_schema(columns: pl.Schema, descriptions: Mapping[str, str]) -> dg.TableSchema:
    """The columns of a table as Dagster shows them."""
    return dg.TableSchema([dg.TableColumn(name, str(dtype), descriptions.get(name)) for name, dtype in columns.items()])


def column_lineage(
    columns: Iterable[str], declared: Mapping[str, Sequence[str]], upstream: Mapping[str, Iterable[str]]
) -> dg.TableColumnLineage:
    """Which columns of upstream tables each column is made from: those it declares, else those of the same name.

    `declared` maps a column to texts like `royalties/plays.played_ms`, `upstream` a table to its columns.
    """
    deps = {}
    for column in columns:
        same = [f"{table}.{column}" for table, names in upstream.items() if column in names]
        origins = [origin.rpartition(".") for origin in declared.get(column, same)]
        if origins:
            deps[column] = [
                dg.TableColumnDep(asset_key=table.split("/"), column_name=name) for table, _, name in origins
            ]
    return dg.TableColumnLineage(deps)


def declared_lineage(model: type[pa.DataFrameModel]) -> dict[str, Sequence[str]]:
    """The origins that the columns of a model declare (`metadata={"from": [...]}`)."""
    columns = model.to_schema().columns
    return {name: column.metadata["from"] for name, column in columns.items() if "from" in (column.metadata or {})}


def code_references(*places: dg.LocalFileCodeReference) -> dict[str, dg.MetadataValue[Any]]:
    """The metadata with which the web UI links an asset to its source.

    Not `dg.with_source_code_references`, which takes the whole file apart for each asset.
    """
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=list(places))}


def function_at(function: Callable[..., Any]) -> dg.LocalFileCodeReference:
    """A link to the source of a function."""
    code = function.__code__
    return dg.LocalFileCodeReference(file_path=code.co_filename, line_number=code.co_firstlineno)


def declared_at(declaration: type, label: str) -> dg.LocalFileCodeReference:
    """A link to the source of a class."""
    file = inspect.getsourcefile(declaration) or ""
    # Not `inspect.getsourcelines`, which parses the whole file for a class: it took a tenth of each command's start.
    begin = f"class {declaration.__name__}"
    numbers = (number for number, line in enumerate(linecache.getlines(file), 1) if line.startswith(begin))
    return dg.LocalFileCodeReference(file_path=file, line_number=next(numbers, None), label=label)


def markdown(frame: pl.DataFrame) -> str:
    """A small frame as a Markdown table."""
    if frame.is_empty():
        return "no rows"
    lines = [
        [as_markdown(name) for name in frame.columns],
        ["---"] * frame.width,
        *([_cell(value) for value in row] for row in frame.rows()),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def named(texts: Mapping[str, str]) -> dg.MetadataValue[Any]:
    """Names, each with a text, as a list."""
    lines = [f"- `{name}`: {_cell(text)}" for name, text in texts.items()]
    return dg.MetadataValue.md("\n".join(lines) or "nothing: all is up to date")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return as_markdown(str(value)[:80])
