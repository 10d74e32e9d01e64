"""Marketing: what campaigns cost, what they claim, and which channels deserve the sales by each model."""

from collections.abc import Mapping
from datetime import date

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Filter, Lines, Page, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row, chosen

LEAD = "What campaigns cost, and which channels deserve the sales. What platforms claim is theirs: never add it up."
MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley", "markov")
DAYS, LINES = 90, 5


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page; the address says the month and the currency."""
    months = published.months("marketing.attribution")
    month = chosen(query.get("month"), months)
    if month is None or not published.has("marketing.campaign_performance_daily"):
        nothing = Words(
            "No touches, sales or reports of platforms were loaded yet: deliver some, then type", "songify load"
        )
        return Page("Marketing", LEAD, [Section("attribution", "Which channels deserve the sales", [nothing])])
    asked = "SELECT currency FROM marketing.attribution WHERE strftime(month, '%Y-%m') = ? GROUP BY 1 ORDER BY sum(value_minor) DESC"
    currencies = [row["currency"] for row in published.ask(asked, month)]
    currency = chosen(query.get("currency"), currencies) or ""
    filters = [
        Filter("month", "Month", [(one, one) for one in months], month),
        Filter("currency", "Currency", [(one, one) for one in currencies], currency),
    ]
    attribution = published.as_of("marketing.attribution", "marketing.conversions")
    performance = published.as_of("marketing.campaign_performance_daily")
    sections = [
        Section(
            "attribution",
            f"Which channels deserve the sales of {month}, {currency}",
            _attribution(published, month, currency),
            attribution,
        ),
        Section("costs", "What a day cost", [_costs(published, currency)], performance),
        Section(
            "campaigns",
            "Campaigns",
            [_campaigns(published, month, currency)],
            performance,
            "Conversions and return as the platforms claim them.",
        ),
        Section(
            "links",
            "Links and campaigns",
            [_links(published)],
            published.as_of("marketing.utm_audit", "marketing.touchpoints"),
        ),
    ]
    return Page("Marketing", LEAD, sections, filters)


def _attribution(published: Published, month: str, currency: str) -> list[Table]:
    rows = published.ask(
        "FROM marketing.attribution WHERE strftime(month, '%Y-%m') = ? AND currency = ? ORDER BY cost_minor DESC NULLS LAST, channel",
        month,
        currency,
    )
    channels: dict[str, dict[str, Row]] = {}
    for row in rows:
        channels.setdefault(row["channel"], {})[row["model"]] = row
    models = [model for model in MODELS if any(model in of for of in channels.values())]
    names = [model.replace("_", " ") for model in models]
    best = max((row["roas"] for row in rows if row["roas"] is not None), default=0) or 1
    most = max((row["value_minor"] for row in rows), default=0) or 1
    value = Table(
        f"Value of the sales by channel and model, {currency}", ["channel", "cost", *names],
        [[Cell(channel), _cost(of), *(_value(of.get(model), most) for model in models)] for channel, of in channels.items()],
    )  # fmt: skip
    returns = Table(
        "Return on cost by channel and model", ["channel", *names],
        [[Cell(channel), *(_return(of.get(model), best) for model in models)] for channel, of in channels.items() if any(row["roas"] is not None for row in of.values())],
        "No channel cost anything.",
    )  # fmt: skip
    return [value, returns]


def _cost(of: Mapping[str, Row]) -> Cell:
    first = next(iter(of.values()))
    return f.amount(first["cost_minor"], first["currency"])


def _value(row: Row | None, most: int) -> Cell:
    return (
        Cell("", is_number=True)
        if row is None
        else f.heated(f.amount(row["value_minor"], row["currency"]), row["value_minor"] / most)
    )


def _return(row: Row | None, best: float) -> Cell:
    return (
        Cell("", is_number=True)
        if row is None or row["roas"] is None
        else f.heated(f.decimal(row["roas"]), row["roas"] / best)
    )


def _costs(published: Published, currency: str) -> Lines:
    rows = published.ask(
        """SELECT date, channel, sum(cost_minor)::BIGINT AS cost_minor FROM marketing.campaign_performance_daily
           WHERE currency = ? AND date > (SELECT max(date) FROM marketing.campaign_performance_daily) - CAST(? AS INTEGER)
           GROUP BY ALL ORDER BY date""",
        currency, DAYS,
    )  # fmt: skip
    of_day: dict[date, dict[str, int]] = {}
    for row in rows:
        of_day.setdefault(row["date"], {})[row["channel"] or "no channel"] = row["cost_minor"]
    channels = list(dict.fromkeys(channel for of in of_day.values() for channel in of))[:LINES]
    caption = f"Cost a day by channel, {currency}"
    behind = Table(
        caption, ["day", *channels],
        [[f.day(day), *(f.amount(of.get(channel, 0), currency) for channel in channels)] for day, of in of_day.items()],
        f"No campaign was paid in {currency}.",
    )  # fmt: skip
    unit = 10 ** f.places(currency)
    return Lines(
        caption,
        list(of_day),
        [(channel, [of.get(channel, 0) / unit for of in of_day.values()]) for channel in channels],
        behind,
    )


def _campaigns(published: Published, month: str, currency: str) -> Table:
    rows = published.ask(
        """SELECT platform, account_key, campaign_key, max_by(campaign, date) AS campaign, sum(cost_minor)::BIGINT AS cost_minor,
                  sum(clicks)::BIGINT AS clicks, sum(platform_conversions) AS claimed, sum(platform_value_minor)::BIGINT AS value_minor
           FROM marketing.campaign_performance_daily WHERE strftime(date, '%Y-%m') = ? AND currency = ?
           GROUP BY ALL ORDER BY cost_minor DESC, platform, account_key, campaign_key LIMIT 50""",
        month, currency,
    )  # fmt: skip
    return Table(
        f"Campaigns of {month}, {currency}",
        ["campaign", "platform", "cost", "clicks", "a click", "conversions claimed", "return claimed"],
        [
            [f.text(r["campaign"] or r["campaign_key"]), Cell(r["platform"].replace("_", " ")), f.amount(r["cost_minor"], currency), f.count(r["clicks"]),
             f.amount(round(r["cost_minor"] / r["clicks"]) if r["clicks"] else None, currency), f.decimal(r["claimed"], 1),
             f.decimal(r["value_minor"] / r["cost_minor"] if r["cost_minor"] and r["value_minor"] is not None else None)]
            for r in rows
        ],
        f"No campaign of {month} was paid in {currency}.",
    )  # fmt: skip


def _links(published: Published) -> Table:
    rows = published.ask(
        """SELECT match, count(*) AS links, sum(touches)::BIGINT AS touches, sum(touches) / sum(sum(touches)) OVER () AS share
           FROM marketing.utm_audit GROUP BY match ORDER BY touches DESC"""
    ) if published.has("marketing.utm_audit") else []  # fmt: skip
    return Table(
        "How the links of touches are tied to campaigns", ["tied by", "links", "touches", "share"],
        [[f.text(r["match"], unknown="nothing"), f.count(r["links"]), f.count(r["touches"]), f.barred(f.percent(r["share"]), r["share"])] for r in rows],
        "No touch had a link.",
    )  # fmt: skip
