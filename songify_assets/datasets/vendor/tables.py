"""The vendor's tables are the histories and latest versions that its feeds get by themselves."""

import pandera.polars as pa

TABLES: dict[str, tuple[type[pa.DataFrameModel], str | None]] = {}
