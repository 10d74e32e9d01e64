"""Lists of objects: put together from the lists of texts that each of their names has."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa


def with_objects(records: pl.DataFrame, fields: Mapping[str, str]) -> pl.DataFrame:
    """The records with a list of objects for each field that is one, instead of its lists of texts (`<field>.<name>`).

    >>> parts = pl.DataFrame({"record": [1, 2], "a.type": [["x", "y"], []], "a.value": [["1", None], []]})
    >>> with_objects(parts, {"a": "$.a[*]{type,value}"})["a"].to_list()
    [[{'type': 'x', 'value': '1'}, {'type': 'y', 'value': None}], []]
    """
    lists = {column: names for column, path in fields.items() if (names := names_of(path))}
    if not lists:
        return records
    columns = [
        _together(column, [records[f"{column}.{name}"] for name in lists[column]], lists[column])
        if column in lists
        else records[column]
        for column in fields
    ]
    return pl.DataFrame([records["record"], *columns])


def names_of(path: str) -> list[str]:
    """The names that are taken of each object of a list; none where the path leads to something else."""
    names = path.removesuffix("}").partition("{")[2]
    return names.split(",") if names else []


def _together(column: str, parts: Sequence[pl.Series], names: Sequence[str]) -> pl.Series:
    offsets = np.append(0, np.cumsum(parts[0].list.len())).astype(np.int64)
    members = pa.StructArray.from_arrays([part.to_arrow().flatten() for part in parts], names=list(names))
    objects = pl.Series(column, pa.LargeListArray.from_arrays(pa.array(offsets), members))
    return objects.cast(pl.List(pl.Struct(dict.fromkeys(names, pl.String()))))
