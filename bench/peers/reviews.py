"""What the peers of a vendor's dump do alike: from reviews.json to typed rows with their key, as Parquet."""

from pathlib import Path

import duckdb

from bench.peers.rules import INSTANT, landed

WRITTEN = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
ATTRIBUTES = ("text", "rating", "book_titles", "movie_titles", "created_at", "updated_at")


def raw(source: Path, target: Path) -> Path:
    """Lands SOURCE/reviews.json and writes raw.parquet; a SOURCE that holds raw.parquet is typed already."""
    if (source / "raw.parquet").exists():
        return source / "raw.parquet"
    landed(source / "reviews.json", target / "landed")
    clean = "list_filter({0}, lambda title: title IS NOT NULL AND trim(title) <> '' AND lower(trim(title)) <> 'end')"
    key = "array_to_string(list_sort(list_distinct(list_transform({0}, lambda title: lower(trim(title))))), ' + ')"
    duckdb.sql(
        f"""COPY (
            WITH delivered AS (
                SELECT content.text AS text, rating.rate AS rating,
                       list_transform(books, lambda book: book.metadata.title) AS books,
                       {clean.format("list_transform(movies, lambda movie: movie.title)")} AS movie_titles,
                       strptime(created, '{INSTANT}') AS created_at, strptime(updated, '{INSTANT}') AS updated_at
                FROM read_json('{source}/reviews.json', format = 'array', columns = {{
                    content: 'STRUCT(text VARCHAR)', rating: 'STRUCT(rate BIGINT)', updated: 'VARCHAR', created: 'VARCHAR',
                    books: 'STRUCT(metadata STRUCT(title VARCHAR))[]', movies: 'STRUCT(title VARCHAR)[]'}})
                WHERE rating.rate IS NULL OR rating.rate BETWEEN 1 AND 5)
            SELECT concat_ws(' | ', epoch_us(created_at), {key.format("books")}, {key.format("movie_titles")}) AS review_key,
                   text, rating, books AS book_titles, movie_titles, created_at, updated_at
            FROM delivered) TO '{target}/raw.parquet' {WRITTEN}"""
    )
    return target / "raw.parquet"


def report(db: duckdb.DuckDBPyConnection, target: Path, added: str, changed: str, deleted: str) -> None:
    """Writes changes.parquet: how many records were added, changed and deleted (three SQL scalars)."""
    counts = f"(SELECT unnest(['added', 'changed', 'deleted']) AS event, unnest([({added}), ({changed}), ({deleted})]) AS changes)"
    db.sql(f"COPY (FROM {counts} WHERE changes > 0) TO '{target}/changes.parquet' {WRITTEN}")
