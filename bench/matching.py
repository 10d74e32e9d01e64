"""How often matching is right, and how long it takes, beside Splink and two joins: `python -m bench.matching --out docs/matching.md`.

On the real videos with the labels of the tests, and on generated ones, of which it is known what they are.
"""

import csv
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import typer

from bench.homes import PRODUCT
from bench.measure import CommandFailed, Took, timed
from bench.peers import matching_product
from songify_assets.datasets.playlists.transforms.entities import know_videos
from songify_assets.foundation.isrc import compact
from songify_assets.generator import words

VIDEOS, RECORDINGS = 1_000_000, 5_000_000
LABELS = PRODUCT / "songify_assets_tests/datasets/playlists/labels.csv"
THRESHOLDS = (0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
NOISE = (" (Official Video)", " [Official Music Video]", "", " (Lyric Video)", " | Official Audio", " (Clip Officiel)")
VERSIONS = (" - Live", " (Acoustic)", " (Remix)", " - Radio Edit", "", "")
Truth = Mapping[str, list[str]]


def main(
    real: Annotated[Path, typer.Option(help="Where the real playlists and their catalogue lie.")],
    scale: Annotated[float, typer.Option(help="1 is a million videos and five million recordings.")] = 1.0,
    work: Annotated[Path, typer.Option(help="Where inputs are kept, and outputs written.")] = Path(".bench"),
    out: Annotated[Path | None, typer.Option(help="Write the figures into this page, between its markers.")] = None,
) -> None:
    """Measure matching."""
    source = work.resolve() / "matching-real"
    truth = _real(real, source)
    lines = ["| 240 labelled real videos | precision | recall | F1 |", "|---|---:|---:|---:|"]
    for threshold in THRESHOLDS:
        matching_product.main(source, _fresh(work), threshold)
        lines.append(_line(f"product, threshold {threshold}", truth, work))
    for name, command in _peers(("splink", "exact", "ilike")).items():
        lines.append(_line(name, truth, work) if _ran(name, command, source, work) else f"| {name} | did not run | | |")
    source, truth = work.resolve() / f"matching-{scale:g}", _generated(work.resolve() / f"matching-{scale:g}", scale)
    size = f"{round(VIDEOS * scale):,} generated videos, {round(RECORDINGS * scale):,} recordings"
    lines += ["", f"| {size} | precision | recall | F1 | time | peak memory |", "|---|---:|---:|---:|---:|---:|"]
    for name, command in _peers(("product", "splink")).items():
        took = _ran(name, command, source, work)
        told = (
            f"{_line(name, truth, work)} {took.seconds:.1f} s | {took.peak_bytes / 1e9:.1f} GB |"
            if took
            else f"| {name} | did not run | | | | |"
        )
        lines.append(told)
    text = "\n".join(lines)
    typer.echo(text)
    if out:
        page = out.read_text("utf-8")
        marked = r"(<!-- matching:[^\n]*-->\n).*?(<!-- end of matching -->)"
        out.write_text(re.sub(marked, lambda found: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL), "utf-8")


def _peers(names: Iterable[str]) -> dict[str, list[str]]:
    joins = {kind: ["bench.peers.matching_joins", kind] for kind in ("exact", "ilike")}
    modules = {name: joins.get(name, [f"bench.peers.matching_{name}"]) for name in names}
    return {name: [sys.executable, "-m", *module] for name, module in modules.items()}


def _ran(name: str, command: list[str], source: Path, work: Path) -> Took | None:
    typer.echo(f"matching: {name}", err=True)
    env = {**os.environ, "PYTHONPATH": str(PRODUCT)}
    try:
        return timed([*command, str(source), str(_fresh(work))], env, work / f"matching-{name}.log")
    except CommandFailed as error:
        typer.echo(str(error), err=True)
        return None


def _fresh(work: Path) -> Path:
    out = work.resolve() / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return out


def _line(name: str, truth: Truth, work: Path) -> str:
    """Precision, recall and F1 of what was written, for the videos of which the truth is known."""
    told = dict(pl.read_parquet(work.resolve() / "out/matches.parquet").select("video_id", "isrcs").rows())
    matched = sum(video in told for video in truth)
    right = sum(told.get(video) == isrcs for video, isrcs in truth.items() if isrcs)
    precision, recall = right / matched if matched else 0.0, right / sum(map(bool, truth.values()))
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} |"


def _real(real: Path, source: Path) -> Truth:
    """The real videos and recordings as tables, and the labels."""
    source.mkdir(parents=True, exist_ok=True)
    items = pl.read_json(real / "youtube_playlist.json", infer_schema_length=None).with_row_index("record")
    seen = pl.col("timestp").alias("seen_at"), pl.lit(None, pl.Date).alias("delivered_on")
    day = pl.col("timestp").str.head(10).str.to_date().alias("event_date")
    know_videos(items.lazy().with_columns(*seen, day)).collect().write_parquet(source / "videos.parquet")
    recordings = pl.read_csv(real / "cm_track.csv").with_columns(isrc_key=compact(pl.col("isrc")), is_deleted=False)
    recordings.drop_nulls("isrc_key").write_parquet(source / "recordings.parquet")
    with LABELS.open() as file:
        return {row["video_id"]: row["isrcs"].split() for row in csv.DictReader(file)}


def _generated(source: Path, scale: float) -> Truth:
    """Generated videos and recordings with the noise of real ones: of songs by an artist some are there twice, some as another
    version; three of ten videos are of songs that the catalogue lacks."""
    number, videos, chance = round(RECORDINGS * scale), round(VIDEOS * scale), np.random.default_rng(15)
    songs = number * 3 // 4
    titles, artists = _titles(songs, chance), _artists(number // 12, chance)
    of = (chance.random(songs) ** 2 * len(artists)).astype(np.int64)
    again = chance.integers(0, songs, number - songs)
    version = pl.Series(VERSIONS).gather(chance.integers(0, len(VERSIONS), len(again)))
    tracks = pl.concat([titles, titles.gather(again) + version])
    codes = "QZ" + pl.Series(np.arange(number)).cast(pl.String).str.zfill(10)
    recordings = pl.DataFrame(
        {"isrc_key": codes, "track": tracks, "artist": artists.gather(np.concatenate([of, of[again]]))}
    )
    picked, lacking = chance.integers(0, songs, videos), pl.Series(chance.random(videos) < 0.3)
    shown = _titles(videos, chance).zip_with(lacking, titles.gather(picked))
    by, noise = artists.gather(of[picked]), pl.Series(NOISE).gather(chance.integers(0, len(NOISE), videos))
    loud, ids = pl.Series(chance.random(videos) < 0.1), pl.Series(np.arange(videos)).cast(pl.String).str.zfill(11)
    title = (by + " - " + shown).str.to_uppercase().zip_with(loud, by + " - " + shown) + noise
    known = [pl.Series(chance.random(videos) < share) for share in (0.55, 0.75)]
    frame = pl.DataFrame(
        {"video_id": ids, "title": title, "artist_name": by, "track_title": shown, "named": known[0], "called": known[1]}
    ).with_columns(
        pl.when("named").then("artist_name"), pl.when("called").then("track_title"), first_seen_on=pl.date(2022, 5, 19)
    )  # fmt: skip
    source.mkdir(parents=True, exist_ok=True)
    frame.drop("named", "called").write_parquet(source / "videos.parquet")
    recordings.with_columns(is_deleted=False).write_parquet(source / "recordings.parquet")
    plain = (
        recordings.with_columns(pl.col("track", "artist").str.to_lowercase())
        .group_by("track", "artist")
        .agg("isrc_key")
    )
    wanted = pl.DataFrame({"video_id": ids, "track": shown.str.to_lowercase(), "artist": by.str.to_lowercase()})
    truth = wanted.join(plain, on=["track", "artist"], how="left").select(
        "video_id", pl.col("isrc_key").fill_null([]).list.sort()
    )
    return dict(truth.rows())


def _titles(number: int, chance: np.random.Generator) -> pl.Series:
    """Titles of two or three words, of which some are far more usual than others."""
    vocabulary = pl.Series(sorted({*words.SONG_FIRST, *words.SONG_SECOND}))
    syllables = vocabulary.str.head(4).str.strip_chars()
    picked = [(chance.random(number) ** 2 * len(vocabulary)).astype(np.int64) for _ in range(4)]
    longer = (
        vocabulary.gather(picked[0])
        + " "
        + syllables.gather(picked[1])
        + syllables.gather(picked[2]).str.to_lowercase()
    )
    return longer + " " + vocabulary.gather(picked[3]).str.to_lowercase()


def _artists(number: int, chance: np.random.Generator) -> pl.Series:
    names = pl.Series(words.FIRST_NAMES), pl.Series(words.LAST_NAMES).str.replace_all(",", "")
    some = [part.gather(chance.integers(0, len(part), number)) for part in (*names, names[1].str.head(5))]
    return some[0] + " " + some[1] + " " + some[2].str.to_titlecase()


if __name__ == "__main__":
    typer.run(main)
