"""This month at a glance: one look at what the business asks, each with how far it reaches."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from songify_assets.serving.pages import engagement, money, shares
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.answers import facts
from songify_assets.serving.pages.content import Facts, Filter, Links, Page, Part, Section, Words
from songify_assets.serving.pages.published import Published, chosen

NEWEST = ""
# How far each topic reaches is told by one of its tables.
TOPICS = (
    ("Royalties", "royalties.plays"),
    ("Films", "viewing.streams"),
    ("Music", "listening.song_plays"),
    ("Playlists", "playlists.playlist_positions_log"),
    ("Subscriptions", "subscriptions.subscription_events"),
    ("Payments", "payments.gateway_transactions"),
    ("Marketing", "marketing.campaign_performance_daily"),
)
MONTHLY = ("royalties.market_share", "viewing.answers", "subscriptions.mrr")


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page; without a month in the address each part shows its newest one."""
    months = published.months(*MONTHLY)
    month = query.get("month") if query.get("month") in months else None
    options = [(NEWEST, "the newest of each"), *((one, one) for one in months)]
    sections = [
        _as_of(published),
        _market_share(published, month),
        _answers(published, month),
        *_users(published, month),
        _money(published, month),
    ]
    title = f.in_words(date.fromisoformat(f"{month}-01")) if month else "This month at a glance"
    lead = "What the shops pay for, what the films are watched for, who comes back, and what it brings in."
    filters = [Filter("month", "Month", options, month or NEWEST)] if months else []
    return Page(title, lead, sections, filters)


def _as_of(published: Published) -> Section:
    late = [name for name, state in published.states.items() if not state.is_complete]
    rows = sum(state.rows or 0 for state in published.states.values())
    whole = (
        f"{len(late):,} lack something up to their newest day: see the data health"
        if late
        else "each whole up to its newest day"
    )
    note = (
        f"Published {f.instant(published.published_at)}: {len(published.states):,} tables with {rows:,} rows, {whole}."
    )
    facts = Facts([_reaches(published, topic, table) for topic, table in TOPICS], is_small=True)
    links = Links([("Data health", "/data-health"), ("All tables", "/tables"), ("Live counts", "/live")])
    return Section("as-of", "As of", [facts, links], note=note)


def _reaches(published: Published, topic: str, table: str) -> tuple[str, str, str]:
    state = published.states.get(table)
    if state is None or state.through is None:
        return topic, f.NONE, "nothing loaded"
    return topic, str(state.through), "" if state.is_complete else "not complete"


def _market_share(published: Published, month: str | None) -> Section:
    table = "royalties.market_share"
    shown = _month(published, table, month)
    if shown is None:
        return Section("market-share", "Market share", [_nothing("plays", month)], published.as_of(table))
    rows = shares.of_month(published, shown)
    parts: list[Part] = [
        shares.matrix(rows, shown),
        Links([(f"Royalties of {shown}: statements and differences", f.address(["royalties"], month=shown))]),
    ]
    return Section("market-share", f"Market share, {shown}", parts, published.as_of(table))


def _answers(published: Published, month: str | None) -> Section:
    table = "viewing.answers"
    shown = _month(published, table, month)
    if shown is None:
        return Section("answers", "The six answers", [_nothing("streams", month)], published.as_of(table))
    links = Links([("Month by month, with the SQL", f.address(["viewing"], month=shown))])
    return Section("answers", f"The six answers, {shown}", [facts(published, shown), links], published.as_of(table))


def _users(published: Published, month: str | None) -> list[Section]:
    until = _last_day(month) if month else None
    active, back = "engagement.active_users", "engagement.cohort_retention"
    if not published.has(active, back):
        nothing = _nothing("events", month)
        return [Section("active-users", "Active users", [nothing]), Section("retention", "Who comes back", [nothing])]
    lines = [part for product in engagement.PRODUCTS for part in engagement.active_users(published, product, until)]
    heat = [engagement.retention(published, product, until) for product in engagement.PRODUCTS]
    return [
        Section("active-users", "Active users", lines, published.as_of(active)),
        Section("retention", "Who comes back", heat, published.as_of(back)),
    ]


def _money(published: Published, month: str | None) -> Section:
    table = "subscriptions.mrr"
    shown = _month(published, table, month)
    parts = money.at_a_glance(published, shown) if shown else [_nothing("subscription events", month)]
    title = f"Money, {shown}" if shown else "Money"
    return Section("money", title, parts, published.as_of(table, "subscriptions.subscription_events"))


def _month(published: Published, table: str, month: str | None) -> str | None:
    months = published.months(table)
    return chosen(None, months) if month is None else month if month in months else None


def _nothing(what: str, month: str | None) -> Words:
    return Words(
        f"No {what} of {month} were loaded." if month else f"No {what} were loaded yet: deliver some, then type",
        "" if month else "songify load",
    )


def _last_day(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return first.replace(day=monthrange(first.year, first.month)[1])
