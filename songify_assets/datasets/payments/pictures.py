"""The pictures of payments: what is open by age, and what lies at the gateways."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, canvas, dates, png, short

BUCKETS, LEVELS = ("0-30", "31-60", "61-90", "90+"), ("billing", "settlement", "bank")
WIDTH, MOST_LINES = 0.25, 8


def exceptions_picture(counts: pl.DataFrame) -> bytes:
    """Items without their counterpart by days, a bar a level, from how many there are (`level`, `age_bucket`, `rows`)."""
    figure, axes = canvas()
    still = counts.filter(pl.col("age_bucket").is_not_null())
    known = {(level, bucket): rows for level, bucket, rows in still.select("level", "age_bucket", "rows").iter_rows()}
    for number, level in enumerate(LEVELS):
        heights = [known.get((level, bucket), 0) for bucket in BUCKETS]
        shown = axes.bar(
            [at + WIDTH * number for at in range(len(BUCKETS))], heights, WIDTH, color=COLOURS[number], label=level
        )
        axes.bar_label(shown, labels=[f"{height:,}" if height else "" for height in heights], fontsize=7)
    axes.set_xticks([at + WIDTH for at in range(len(BUCKETS))], BUCKETS)
    axes.set_xlabel("days up to the newest delivery")
    if known:
        axes.margins(y=0.25)
        axes.legend(frameon=False, ncols=3, loc="upper center")
    empty = "Nothing is open" if len(counts) else "No data yet"
    axes.set_title(f"{sum(known.values()):,} items without their counterpart" if known else empty)
    return png(figure)


def balances_picture(balances: pl.DataFrame) -> bytes:
    """What lies at each gateway at the end of each month, a line a gateway and currency, from the rows of `payments/gateway_balances`."""
    figure, axes = canvas()
    largest = balances.group_by("gateway", "currency").agg(most=pl.col("closing_minor").abs().max())
    for number, (gateway, currency, _) in enumerate(
        largest.sort("most", "gateway", "currency").tail(MOST_LINES).iter_rows()
    ):
        own = balances.filter(pl.col("gateway") == gateway, pl.col("currency") == currency).sort("month")
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(
            own["month"].to_list(),
            own["closing_minor"].to_list(),
            "o-",
            color=colour,
            label=short(f"{gateway} {currency}"),
        )
    if len(balances):
        axes.legend(frameon=False)
        dates(axes, balances.select(day=pl.col("month").unique()))
    axes.set_title("At the gateways at the end of the month, minor units" if len(balances) else "No data yet")
    return png(figure)
