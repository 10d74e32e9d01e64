"""What has moved in a closed month since, and why: each play that counts came, went, or moved to another licensor or country, by
some delivery."""

import polars as pl

from songify_assets.foundation.keys import normalized_key

# What tells the differences between two states of a closed month apart from those between two others.
PAIR = ["month", "version_from", "version_to"]
OF = [*PAIR, "play_date", "location_id", "track_id"]
CAUSE = ["cause", "feed", "delivered_on"]
LATE, CORRECTED, TRACKS, LOCATIONS = "late_plays", "corrected_plays", "tracks_changed", "locations_changed"


def list_restatements(versions: pl.LazyFrame, statements: pl.LazyFrame, live: pl.LazyFrame) -> pl.LazyFrame:
    """What differs between each version of a month and the next one; after the last one comes what there is now (NULL)."""
    following = pl.col("version").shift(-1).over("month", order_by="version")
    pairs = versions.select("month", version_from="version", version_to=following)
    states = pl.concat([statements, live.with_columns(version=pl.lit(None, pl.Int64))], how="diagonal")
    kept = ["country", "licensor"]
    sides = []
    for own, other in (("before", "after"), ("after", "before")):
        version = "version_from" if own == "before" else "version_to"
        rows = pairs.join(states, left_on=["month", version], right_on=["month", "version"], nulls_equal=True)
        own_values = {f"plays_{own}": pl.col("plays"), f"share_{own}": pl.col("share")}
        none = {f"plays_{other}": pl.lit(0, pl.Int64), f"share_{other}": pl.lit(0.0)}
        sides.append(rows.select(*PAIR, *kept, **own_values, **none))
    both = pl.concat(sides, how="diagonal").group_by(*PAIR, *kept).agg(pl.all().sum())
    compared = both.with_columns(
        plays_difference=pl.col("plays_after") - pl.col("plays_before"),
        share_difference=pl.col("share_after") - pl.col("share_before"),
    )
    differ = (pl.col("plays_difference") != 0) | (pl.col("share_difference") != 0)
    return compared.filter(differ).sort(*PAIR, *kept)


def find_causes(
    days: pl.LazyFrame, deliveries: pl.LazyFrame, locations: pl.LazyFrame, tracks: pl.LazyFrame
) -> pl.LazyFrame:
    """How many counted plays each delivery added to a country and licensor, or took from them.

    `days` are the plays of both states on the days that differ, `deliveries` those that differ. Equal plays are interchangeable:
    as many as both states have stayed, and may have moved; the others came or went. A play whose location and track both changed
    moves twice, first to the other country. So the causes of a country and licensor add up to its difference.
    """
    plays = _both_states(days)
    stayed = pl.min_horizontal("plays_before", "plays_after")
    before, between, after = (
        ("country_before", "licensor_before"), ("country_after", "licensor_before"), ("country_after", "licensor_after"),
    )  # fmt: skip
    moved = plays.with_columns(moving=stayed).filter(pl.col("moving") > 0)
    placed = moved.filter(pl.col("country_before").ne_missing(pl.col("country_after")))
    licensed = moved.filter(pl.col("licensor_before").ne_missing(pl.col("licensor_after")))
    by_location = _blamed(placed, deliveries, locations, "location", pl.col("country_before").is_null())
    by_track = _blamed(licensed, deliveries, tracks, "track", pl.col("licensor_before").is_null())
    delivered = _by_delivery(plays, deliveries)
    parts = [
        _at(delivered, before, stayed - pl.col("plays_before")), _at(delivered, after, pl.col("plays_after") - stayed),
        _at(by_location, before, -pl.col("moving")), _at(by_location, between, pl.col("moving")),
        _at(by_track, between, -pl.col("moving")), _at(by_track, after, pl.col("moving")),
    ]  # fmt: skip
    of = [*PAIR, "country", "licensor", *CAUSE]
    summed = pl.concat(parts).group_by(of).agg(pl.col("plays_difference").sum())
    return summed.filter(pl.col("plays_difference") != 0).sort(of)


def _both_states(days: pl.LazyFrame) -> pl.LazyFrame:
    """For each day, location and track how many counted plays there were and are, and where they belonged and belong."""
    counted = (
        days.filter("is_counted").group_by(*OF, "country", "licensor", "is_before").agg(plays=pl.len().cast(pl.Int64))
    )
    names = {
        side: {name: f"{name}_{side}" for name in ("country", "licensor", "plays")} for side in ("before", "after")
    }
    before = counted.filter("is_before").drop("is_before").rename(names["before"])
    after = counted.filter(~pl.col("is_before")).drop("is_before").rename(names["after"])
    both = before.join(after, on=OF, how="full", coalesce=True, nulls_equal=True)
    return both.with_columns(pl.col("plays_before", "plays_after").fill_null(0))


def _by_delivery(plays: pl.LazyFrame, deliveries: pl.LazyFrame) -> pl.LazyFrame:
    """Plays with the delivery of their day as the cause: a late one, if the first state had none of that day."""
    own = deliveries.filter(pl.col("feed") == "plays").select(*PAIR, "is_new", play_date="delivered_on")
    known = plays.join(own, on=[*PAIR, "play_date"], how="left", nulls_equal=True)
    cause = pl.when(pl.col("is_new").fill_null(False)).then(pl.lit(LATE)).otherwise(pl.lit(CORRECTED))
    return known.with_columns(cause=cause, feed=pl.lit("plays"), delivered_on="play_date")


def _blamed(
    rows: pl.LazyFrame, deliveries: pl.LazyFrame, history: pl.LazyFrame, entity: str, was_unknown: pl.Expr
) -> pl.LazyFrame:
    """Rows with the dump that moved them: of those that differ, the last one up to their day that changed the entity.

    What was unknown may be known from a later dump. Where none of them changed it (one that did was itself corrected), it is the
    last one up to the day, else the first one after it; NULL where no dump differs.
    """
    of, day, on = [*PAIR, "play_date", "__key"], pl.col("play_date"), pl.col("__on")
    dumps = deliveries.filter(pl.col("feed") == f"{entity}s").select(*PAIR, __on="delivered_on")
    keyed = rows.with_columns(__key=normalized_key(pl.col(f"{entity}_id")))
    asked = keyed.select(of).unique()
    changes = history.select(__key=f"{entity}_key", __on="delivered_on").join(dumps, on="__on")
    last, first = on.filter(on <= day).max(), on.filter(on > day).min()
    own = asked.join(changes, on=[*PAIR, "__key"], nulls_equal=True).group_by(of).agg(own_last=last, own_first=first)
    days = asked.select(*PAIR, "play_date").unique()
    some = days.join(dumps, on=PAIR, nulls_equal=True).group_by(*PAIR, "play_date").agg(any_last=last, any_first=first)
    told = keyed.join(own, on=of, how="left", nulls_equal=True).join(
        some, on=[*PAIR, "play_date"], how="left", nulls_equal=True
    )
    delivered_on = pl.coalesce("own_last", pl.when(was_unknown).then("own_first"), "any_last", "own_first", "any_first")
    cause = {"location": LOCATIONS, "track": TRACKS}[entity]
    return told.with_columns(cause=pl.lit(cause), feed=pl.lit(f"{entity}s"), delivered_on=delivered_on)


def _at(rows: pl.LazyFrame, place: tuple[str, str], plays: pl.Expr) -> pl.LazyFrame:
    """So many plays more at a country and licensor."""
    country, licensor = place
    return rows.select(*PAIR, *CAUSE, country=country, licensor=licensor, plays_difference=plays)
