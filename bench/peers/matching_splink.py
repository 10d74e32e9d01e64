"""Videos to recordings with Splink 5 on DuckDB, as its users would: artist, song and version in columns of their own, two blocking rules.

INPUT is that of `matching_product`. Of a video the recordings of the highest probability count, from THRESHOLD on.
"""

import sys
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLD = 0.95
BARE = r"regexp_replace(lower({}), '\s*[\(\[].*$|\s+-\s+.*$|\s+(feat|ft)\.?\s.*$', '')"
VERSION = "regexp_extract(lower({}), '\\b(remix|live|acoustic|edit|mixed|karaoke|instrumental|cover|demo)\\b')"
VIDEOS = f"""SELECT video_id AS unique_id, trim({BARE.format("coalesce(track_title, split_part(title, ' - ', 2))")}) AS song,
                   lower(trim(coalesce(artist_name, split_part(title, ' - ', 1)))) AS artist, {VERSION.format("title")} AS version FROM '{{}}/videos.parquet'"""
RECORDINGS = f"""SELECT isrc_key AS unique_id, trim({BARE.format("track")}) AS song, lower(trim(artist)) AS artist, {VERSION.format("track")} AS version
                 FROM '{{}}/recordings.parquet' WHERE NOT is_deleted"""


def main(source: Path, target: Path) -> None:
    """Writes matches.parquet: video_id, isrcs."""
    db = duckdb.connect(str(target / "splink.duckdb"), config={"threads": 2, "memory_limit": "16GB"})
    for name, sql in (("videos", VIDEOS), ("recordings", RECORDINGS)):
        db.execute(f"CREATE TABLE {name} AS {sql.format(source)}")
    api = DuckDBAPI(db)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[cl.JaroWinklerAtThresholds("song", [0.95, 0.88]), cl.JaroWinklerAtThresholds("artist", [0.95, 0.88]), cl.ExactMatch("version")],
        blocking_rules_to_generate_predictions=[
            block_on("artist", "substr(song, 1, 4)"), block_on("song", "substr(artist, 1, 2)"),
        ],
        retain_matching_columns=False,
    )  # fmt: skip
    linker = Linker([api.register("videos"), api.register("recordings")], settings)
    linker.training.estimate_probability_two_random_records_match([block_on("artist", "song")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("song"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("artist"))
    predicted = linker.inference.predict(threshold_match_probability=THRESHOLD).physical_name
    db.execute(f"""
        COPY (WITH pairs AS (SELECT unique_id_l AS video_id, unique_id_r AS isrc, match_probability FROM {predicted}
                             WHERE source_dataset_l <> source_dataset_r AND unique_id_l IN (SELECT unique_id FROM videos)
                             UNION ALL SELECT unique_id_r, unique_id_l, match_probability FROM {predicted}
                             WHERE source_dataset_l <> source_dataset_r AND unique_id_r IN (SELECT unique_id FROM videos)),
              best AS (FROM pairs QUALIFY match_probability = max(match_probability) OVER (PARTITION BY video_id))
              SELECT video_id, list_sort(list_distinct(list(isrc))) AS isrcs FROM best GROUP BY ALL)
        TO '{target}/matches.parquet' (FORMAT parquet)""")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
