"""A dump to raw and dlt's scd2 merge: `python -m bench.peers.history_dlt INPUT OUTPUT`.

OUTPUT holds dlt's folder and DuckDB file as the dump before left them, or nothing. The row's hash is computed in DuckDB, lists
are handed over as texts: what dlt would do itself takes it far longer.
"""

import os
import sys
from pathlib import Path

import duckdb

from bench.peers.reviews import ATTRIBUTES, raw, report

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, dlt/history.duckdb and changes.parquet."""
    import dlt

    dump, folder = raw(source, target), target / "dlt"
    rows = duckdb.sql(
        f"""SELECT * REPLACE (array_to_string(book_titles, '|') AS book_titles, array_to_string(movie_titles, '|') AS movie_titles),
                   md5(concat_ws('|', review_key, {", ".join(ATTRIBUTES)})) AS row_hash FROM '{dump}'"""
    )

    @dlt.resource(
        name="reviews",
        write_disposition={"disposition": "merge", "strategy": "scd2", "row_version_column_name": "row_hash"},
    )
    def reviews():  # type: ignore[no-untyped-def]
        yield from rows.to_arrow_reader(500_000)

    folder.mkdir(exist_ok=True)
    destination = dlt.destinations.duckdb(str(folder / "history.duckdb"))
    pipeline = dlt.pipeline("dumps", pipelines_dir=str(folder), destination=destination, dataset_name="vendor")
    pipeline.run(reviews())
    with duckdb.connect(str(folder / "history.duckdb")) as db:
        db.execute("USE vendor")
        first = "(SELECT min(_dlt_valid_from) FROM reviews)"
        new = f"SELECT review_key FROM reviews WHERE _dlt_valid_from > {first}"
        ended = "SELECT review_key FROM reviews WHERE _dlt_valid_to IS NOT NULL"
        report(
            db,
            target,
            f"SELECT count(*) FROM ({new} EXCEPT ({ended}))",
            f"SELECT count(*) FROM ({new} INTERSECT ({ended}))",
            f"SELECT count(*) FROM ({ended} EXCEPT ({new}))",
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
