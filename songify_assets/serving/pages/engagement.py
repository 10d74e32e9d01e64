"""What is told of the users of a product, films or music: who is active, who comes back, who is lost, how far they get."""

from collections.abc import Sequence
from datetime import date

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Lines, Part, Section, Table
from songify_assets.serving.pages.published import Published, Row

PRODUCTS = {"listening": "music", "viewing": "films"}
DAYS, WEEKS, MONTHS, PERIODS = 90, 12, 12, 12


def active_users(published: Published, product: str, until: date | None = None) -> Sequence[Part]:
    """Users of a day, of 7 and of 28 days, as lines of the last three months."""
    rows = published.ask(
        """SELECT * FROM (SELECT date, dau, wau, mau, stickiness, is_complete FROM engagement.active_users
           WHERE product = ? AND date <= coalesce(?, date) ORDER BY date DESC LIMIT ?) ORDER BY date""",
        product, until, DAYS,
    )  # fmt: skip
    behind = Table(
        f"Active users, {PRODUCTS[product]}",
        ["day", "day's users", "7 days", "28 days", "stickiness", "complete"],
        [[f.day(r["date"]), f.count(r["dau"]), f.count(r["wau"]), f.count(r["mau"]), f.percent(r["stickiness"]), yes(r)] for r in rows],
        f"No days of {PRODUCTS[product]} are loaded.",
    )  # fmt: skip
    series = [
        (name, [row[column] for row in rows])
        for name, column in (("a day", "dau"), ("7 days", "wau"), ("28 days", "mau"))
    ]
    return [
        Lines(
            f"Active users of {PRODUCTS[product]}: of a day, of 7 days, of 28 days",
            [r["date"] for r in rows],
            series,
            behind,
        )
    ]


def yes(row: Row) -> Cell:
    """Whether a row is complete."""
    return Cell("yes") if row["is_complete"] else Cell("no", tone="warn")


def retention(published: Published, product: str, until: date | None = None) -> Table:
    """Cohorts by week as a heat map: of the users of a first week, the share that was active so many weeks later."""
    rows = published.ask(
        """SELECT cohort, period, cohort_size, retention, is_complete FROM engagement.cohort_retention
           WHERE product = ? AND cohort IN (SELECT DISTINCT cohort FROM engagement.cohort_retention
             WHERE product = ? AND cohort_size > 0 AND cohort <= coalesce(?, cohort) ORDER BY cohort DESC LIMIT ?)
           ORDER BY cohort, period""",
        product, product, until, WEEKS,
    )  # fmt: skip
    return cohorts(
        rows,
        f"Who comes back, {PRODUCTS[product]}: by first week, users active so many weeks later (… not complete)",
        "users", "week", f"No cohorts of {PRODUCTS[product]} are loaded.",
    )  # fmt: skip


def cohorts(rows: Sequence[Row], caption: str, who: str, period: str, empty: str) -> Table:
    """A triangle of cohorts, by week or month: rows have cohort, period, cohort_size, retention and is_complete."""
    of_cohort: dict[date, dict[int, Row]] = {}
    for row in rows:
        of_cohort.setdefault(row["cohort"], {})[row["period"]] = row
    last = min(max((row["period"] for row in rows), default=0), PERIODS)
    headings = [f"first {period}", who, *(f"{period} {n}" for n in range(last + 1))]
    return Table(
        caption,
        headings,
        [
            _cohort(f.month_cell(cohort) if period == "month" else f.day(cohort), cells, last)
            for cohort, cells in of_cohort.items()
        ],
        empty,
    )


def _cohort(cohort: Cell, cells: dict[int, Row], last: int) -> list[Cell]:
    size = next(iter(cells.values()))["cohort_size"]
    return [cohort, f.count(size), *(_share(cells.get(period)) for period in range(last + 1))]


def _share(row: Row | None) -> Cell:
    if row is None or row["retention"] is None:
        return Cell("", is_number=True)
    shown = f"{row['retention']:.0%}" + ("" if row["is_complete"] else "…")
    return f.heated(Cell(shown, is_number=True), row["retention"])


def churn(published: Published, product: str) -> Table:
    """Who was kept, lost, new and won back, month by month."""
    rows = published.ask(
        """SELECT * FROM engagement.churn WHERE product = ? AND (active_before > 0 OR new > 0 OR returned > 0)
           ORDER BY month DESC LIMIT ?""",
        product, MONTHS,
    )  # fmt: skip
    return Table(
        f"Lost and won, {PRODUCTS[product]}",
        ["month", "active before", "retained", "lost", "new", "returned", "churn rate", "complete"],
        [
            [f.month_cell(r["month"]), f.count(r["active_before"]), f.count(r["retained"]), f.count(r["churned"]),
             f.count(r["new"]), f.count(r["returned"]), f.percent(r["churn_rate"]), yes(r)]
            for r in rows
        ],
        "No months are loaded.",
    )  # fmt: skip


def funnels(published: Published, product: str, days: int) -> Table:
    """How far the entries of the last days got: bars of those who reached a step."""
    rows = published.ask(
        """SELECT *, max(entered) OVER (PARTITION BY funnel) AS began FROM engagement.funnel_totals
           WHERE product = ? AND days = ? ORDER BY funnel, step""",
        product, days,
    )  # fmt: skip
    return Table(
        f"Funnels of the last {days} days",
        ["funnel", "step", "entered", "went on", "dropped", "open", "completion", "half within"],
        [
            [Cell(r["funnel"]), Cell(r["step_name"]), f.barred(f.count(r["entered"]), r["entered"] / r["began"] if r["began"] else 0),
             f.count(r["converted"]), f.count(r["dropped"]), f.count(r["open"]), f.percent(r["completion"]), f.seconds(r["p50_s"])]
            for r in rows
        ],
        f"No funnels of {PRODUCTS[product]} are followed, or nobody entered one.",
        row_headings=2,
    )  # fmt: skip


def use_time(published: Published, product: str) -> Lines:
    """Time a user spent a day, and the median session, in minutes."""
    rows = published.ask(
        """SELECT * FROM (SELECT date, seconds_per_user / 60 AS minutes, median_session_s / 60 AS session, sessions
           FROM engagement.use_time_daily WHERE product = ? ORDER BY date DESC LIMIT ?) ORDER BY date""",
        product, DAYS,
    )  # fmt: skip
    caption = f"Minutes a user spent with {PRODUCTS[product]}, and the median session"
    behind = Table(
        caption, ["day", "minutes a user", "median session, minutes", "sessions"],
        [[f.day(r["date"]), f.decimal(r["minutes"], 1), f.decimal(r["session"], 1), f.count(r["sessions"])] for r in rows],
    )  # fmt: skip
    series = [("minutes a user", [r["minutes"] for r in rows]), ("median session", [r["session"] for r in rows])]
    return Lines(caption, [r["date"] for r in rows], series, behind)


def features(published: Published, product: str) -> Table:
    """Whether users of a feature came back more often: a correlation, with its interval."""
    rows = published.ask(
        """SELECT feature, cohort, cohort_size, retention, difference, low, high, is_complete FROM engagement.feature_retention
           WHERE product = ? AND used AND cohort_size > 0 ORDER BY feature, cohort DESC LIMIT 40""",
        product,
    )  # fmt: skip
    return Table(
        "Users of a feature in their first week, and whether they came back",
        ["feature", "first week", "users", "came back", "than others", "95% from", "to", "complete"],
        [
            [Cell(r["feature"].replace("_", " ")), f.day(r["cohort"]), f.count(r["cohort_size"]), f.percent(r["retention"]), f.points(r["difference"]),
             f.points(r["low"]), f.points(r["high"]), yes(r)]
            for r in rows
        ],
        "No feature was used in a first week.",
        row_headings=2,
    )  # fmt: skip


def sections(published: Published, product: str, days: int) -> list[Section]:
    """All that is told of the users of a product."""
    if not published.has("engagement.active_users", "engagement.cohort_retention", "engagement.churn"):
        return []
    found = [
        Section("active-users", "Active users", active_users(published, product), published.as_of("engagement.active_users"),
                "Who started a stream, or played a song. A number is complete when every day of it was delivered."),
        Section("retention", "Who comes back", [retention(published, product)], published.as_of("engagement.cohort_retention")),
        Section("churn", "Lost and won", [churn(published, product)], published.as_of("engagement.churn")),
        Section("use", "Time spent", [use_time(published, product)], published.as_of("engagement.use_time_daily")),
        Section("funnels", "How far they get", [funnels(published, product, days)],
                published.as_of("engagement.funnel_totals", "engagement.funnels"),
                "An entry is the first step of a user on a day; open entries may still go on."),
        Section("features", "Features", [features(published, product)], published.as_of("engagement.feature_retention"),
                "A correlation: it does not say that the feature is why they came back."),
    ]  # fmt: skip
    return [section for section in found if section.as_of is not None]
