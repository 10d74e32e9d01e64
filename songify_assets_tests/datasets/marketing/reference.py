"""A plain, slow reference of the marketing tables, one conversion and one chain after the other, without data frames."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from songify_assets_tests.datasets.drop import PLACES, Drop, as_of_day, key, last_of, local_day, minor, records_of
from songify_assets_tests.datasets.marketing.drops import (
    ACCOUNTS,
    CHANNELS,
    CONVERSIONS,
    EMAIL,
    FACEBOOK,
    GOOGLE,
    TOUCHES,
)

Row = dict[str, Any]
SIX = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley")
PLATFORMS = {GOOGLE: "google_ads", FACEBOOK: "facebook_ads", EMAIL: "email_sends"}


def tables(arrived: Sequence[Drop]) -> dict[str, list[tuple[Any, ...]]]:
    """All tables, whatever the order in which the drops came."""
    last = last_of(arrived)
    reports, touches, conversions = _reports(last), _touches(last), _conversions(last)
    campaigns, performance = _campaigns(reports), _performance(last, reports)
    audit = _audit(touches, campaigns)
    links = {row[0]: row[3:] for row in audit}
    credits = [credit for conversion in conversions for credit in _credits(conversion, touches)]
    named = {touch["key"]: links.get(touch["campaign"], (None, None, None)) for touch in touches}
    return {
        "campaign_performance_daily": performance,
        "touchpoints": [
            (t["day"], t["key"], t["user"], t["at"], t["source"], t["medium"], t["campaign"], t["channel"], t["delivered_on"]) for t in touches
        ],
        "conversions": [(c["day"], c["key"], c["user"], c["at"], c["value"], c["currency"], c["delivered_on"]) for c in conversions],
        "utm_audit": audit,
        "credits": [row for row, _ in credits],
        "attribution": list(_attribution(credits, conversions, touches, reports)),
        "campaign_attribution": list(_of_campaigns([row for row, _ in credits], named, reports)),
    }  # fmt: skip


def _rounded(amount: str, currency: str, shift: int = 0) -> int:
    return int(Decimal(amount).scaleb(PLACES[currency] - shift).quantize(Decimal(1), ROUND_HALF_UP))


def _over(part: Any, whole: Any) -> float | None:
    return part / whole if whole else None


def _purchases(actions: list[Row] | None) -> list[Decimal]:
    return [Decimal(action["value"]) for action in actions or [] if action["action_type"] == "purchase"]


def _report_rows(last: Sequence[Drop]) -> Iterator[Row]:
    for delivered_on, r in records_of(last, GOOGLE):
        if r["Clicks"] >= 0 and r["Campaign ID"] and "," not in r["Conv. value"]:
            yield _row(
                GOOGLE, delivered_on, r["Day"], r["Customer ID"], r["Campaign ID"], r["Campaign"], r["Currency code"], r["Impressions"], r["Clicks"],
                _rounded(r["Cost (micros)"], r["Currency code"], 6), float(r["Conversions"]), _rounded(r["Conv. value"], r["Currency code"]),
            )  # fmt: skip
    for delivered_on, r in records_of(last, FACEBOOK):
        values, currency = _purchases(r["action_values"]), r["account_currency"]
        if r["date_start"] == r["date_stop"] and r["clicks"] >= 0 and all(value >= 0 for value in values):
            yield _row(
                FACEBOOK, delivered_on, date.fromisoformat(r["date_start"]), r["account_id"], r["campaign_id"], r["campaign_name"], currency,
                int(r["impressions"]), r["clicks"], _rounded(r["spend"], currency), float(sum(_purchases(r["actions"]))),
                _rounded(str(sum(values, Decimal(0))), currency),
            )  # fmt: skip
    for delivered_on, r in records_of(last, EMAIL):
        if r["Clicks"] >= 0 and "." in r["Date"] and "." not in r["Revenue"]:
            day = date(*map(int, reversed(r["Date"].split("."))))
            yield _row(
                EMAIL, delivered_on, day, r["Account"], r["Campaign ID"], r["Campaign"], r["Currency"], r["Delivered"], r["Clicks"],
                _rounded(r["Cost"].replace(",", "."), r["Currency"]), float(r["Orders"]), _rounded(r["Revenue"].replace(",", "."), r["Currency"]),
            )  # fmt: skip


def _row(
    file: str, delivered_on: date, day: date, account: str, campaign: str, name: str, currency: str, *numbers: Any
) -> Row:
    of = dict(zip(("impressions", "clicks", "cost", "conversions", "value"), numbers, strict=True))
    return {
        "platform": PLATFORMS[file], "delivered_on": delivered_on, "day": day, "account": key(account), "campaign": key(campaign),
        "name": name if name.strip() else None, "currency": currency, **of,
    }  # fmt: skip


def _reports(last: Sequence[Drop]) -> list[Row]:
    days: dict[tuple[Any, ...], dict[str, Row]] = {}
    for row in _report_rows(last):
        of = (row["platform"], row["day"], row["account"])
        if of in days and next(iter(days[of].values()))["delivered_on"] != row["delivered_on"]:
            days[of] = {}
        days.setdefault(of, {})[row["campaign"]] = row
    return [row for report in days.values() for row in report.values()]


def _accounts(last: Sequence[Drop]) -> dict[tuple[Any, ...], list[tuple[date, Row]]]:
    versions: dict[tuple[Any, ...], list[tuple[date, Row]]] = defaultdict(list)
    for day, record in records_of(last, ACCOUNTS):
        versions[(key(record["platform"]), key(record["account_id"]))].append((day, record))
    return versions


def _performance(last: Sequence[Drop], reports: list[Row]) -> list[tuple[Any, ...]]:
    accounts, rows = _accounts(last), []
    newest = {
        name: max((drop.delivered_on for drop in last if drop.file == file), default=None)
        for file, name in PLATFORMS.items()
    }
    for r in reports:
        account = as_of_day(accounts.get((r["platform"], r["account"]), []), r["day"]) or {
            "time_zone": None,
            "channel": "unassigned",
        }
        r["channel"] = account["channel"]
        final = newest[r["platform"]]
        rows.append((
            r["day"], r["platform"], r["account"], r["campaign"], r["name"], r["currency"], r["impressions"], r["clicks"], r["cost"],
            r["conversions"], r["value"], _over(r["clicks"], r["impressions"]), _over(r["cost"], r["clicks"]), _over(r["cost"], r["conversions"]),
            _over(r["value"], r["cost"]), account["time_zone"], account["channel"], bool(final and final >= r["day"] + timedelta(days=28)),
            r["delivered_on"],
        ))  # fmt: skip
    return rows


def _campaigns(reports: list[Row]) -> dict[tuple[Any, ...], str | None]:
    names: dict[tuple[Any, ...], str | None] = {}
    for row in sorted(reports, key=lambda row: row["day"]):
        names[(row["platform"], row["account"], row["campaign"])] = key(row["name"] or "")
    return names


def _audit(touches: list[Row], campaigns: dict[tuple[Any, ...], str | None]) -> list[tuple[Any, ...]]:
    rows = []
    for utm, count in Counter(touch["campaign"] for touch in touches if touch["campaign"]).items():
        by_id = [campaign for campaign in campaigns if campaign[2] == utm]
        by_name = [campaign for campaign, name in campaigns.items() if name == utm]
        some, match = (by_id, "id") if by_id else (by_name, "name")
        match = "none" if not some else "ambiguous" if len(some) > 1 else match
        rows.append((utm, count, match, *(some[0] if len(some) == 1 else (None, None, None))))
    return rows


def _touches(last: Sequence[Drop]) -> list[Row]:
    rules: dict[tuple[Any, ...], list[tuple[date, str]]] = defaultdict(list)
    for day, record in records_of(last, CHANNELS):
        rules[(key(record["utm_source"]), key(record["utm_medium"]))].append((day, record["channel"]))
    newest = {}
    for delivered_on, r in records_of(last, TOUCHES):
        if not r["user_id"]:
            continue
        at = datetime.fromisoformat(r["touched_at"])
        source, medium, campaign = (key(r[f"utm_{name}"]) for name in ("source", "medium", "campaign"))
        seen = (
            [as_of_day(rules.get(of, []), local_day(at)) for of in ((source, medium), (source, None))] if source else []
        )
        channel = (
            next((channel for channel in seen if channel), "unassigned") if source or medium or campaign else "direct"
        )
        newest[key(r["touch_id"])] = {
            "key": key(r["touch_id"]), "user": key(r["user_id"]), "at": at, "day": local_day(at), "source": source, "medium": medium,
            "campaign": campaign, "channel": channel, "delivered_on": delivered_on,
        }  # fmt: skip
    return list(newest.values())


def _conversions(last: Sequence[Drop]) -> list[Row]:
    newest = {}
    for delivered_on, r in records_of(last, CONVERSIONS):
        value = minor(r["value"], r["currency"])
        if value is not None and value >= 0:
            at = datetime.fromisoformat(r["converted_at"])
            newest[key(r["conversion_id"])] = {
                "key": key(r["conversion_id"]), "user": key(r["user_id"]), "at": at, "day": local_day(at), "value": value,
                "currency": r["currency"], "delivered_on": delivered_on,
            }  # fmt: skip
    return list(newest.values())


def _split(total: int, weights: list[int]) -> list[int]:
    """Largest remainder; of equal ones the first."""
    due = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [int(part) for part in due]
    order = sorted(range(len(due)), key=lambda at: (parts[at] - due[at], at))
    for at in order[: total - sum(parts)]:
        parts[at] += 1
    return parts


def _weights(path: list[Row], at: datetime) -> dict[str, list[int]]:
    size = len(path)
    decay = [
        int(Decimal(10**6 * 2 ** (-(at - touch["at"]).total_seconds() / 604_800)).quantize(Decimal(1), ROUND_HALF_UP))
        for touch in path
    ]
    ends = [1] * size if size <= 2 else [2 * (size - 2), *[1] * (size - 2), 2 * (size - 2)]
    firsts = [
        int(touch["channel"] not in [other["channel"] for other in path[:place]]) for place, touch in enumerate(path)
    ]
    values = ([1] + [0] * (size - 1), [0] * (size - 1) + [1], [1] * size, ends, decay, firsts)
    return dict(zip(SIX, values, strict=True))


def _credits(conversion: Row, touches: list[Row]) -> Iterator[tuple[tuple[Any, ...], list[Row]]]:
    """The rows of the table, each with its path."""
    reach, at = timedelta(hours=720), conversion["at"]
    own = [touch for touch in touches if touch["user"] == conversion["user"] and at - reach <= touch["at"] <= at]
    path = sorted(own, key=lambda touch: (touch["at"], touch["key"]))
    for model in SIX:
        weights = _weights(path, at)[model] if path else [1]
        for place, (weight, part) in enumerate(zip(weights, _split(conversion["value"], weights), strict=True)):
            if weight:
                touch = path[place] if path else {"key": None, "channel": "unattributed"}
                yield (
                    conversion["key"], conversion["day"], model, place + 1 if path else 0, touch["key"], touch["channel"],
                    conversion["currency"], weight / sum(weights), part,
                ), path  # fmt: skip


def _month(day: date) -> date:
    return day.replace(day=1)


def _attribution(
    credits: Any, conversions: list[Row], touches: list[Row], reports: list[Row]
) -> Iterator[tuple[Any, ...]]:
    gained: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0.0, 0])
    for row, _ in credits:
        of = gained[(_month(row[1]), row[6], row[2], row[5])]
        of[0], of[1] = of[0] + row[7], of[1] + row[8]
    for month, currency in {(_month(c["day"]), c["currency"]) for c in conversions}:
        own = {c["key"] for c in conversions if (_month(c["day"]), c["currency"]) == (month, currency)}
        paths = {row[0]: (row, path) for row, path in credits if row[0] in own}
        reached = [[touch["channel"] for touch in path] for _, path in paths.values() if path]
        values = {c["key"]: c["value"] for c in conversions}
        if lost := [name for name, (_, path) in paths.items() if not path]:
            gained[(month, currency, "markov", "unattributed")] = [float(len(lost)), sum(values[name] for name in lost)]
        if reached:
            buyers = {c["user"] for c in conversions if _month(c["day"]) == month}
            nulls: dict[str, list[Row]] = defaultdict(list)
            for touch in sorted(touches, key=lambda touch: (touch["at"], touch["key"])):
                if _month(touch["day"]) == month and touch["user"] not in buyers:
                    nulls[touch["user"]].append(touch["channel"])
            total = sum(values[name] for name, (_, path) in paths.items() if path)
            weights = {
                name: int(10**9 * effect + Fraction(1, 2))
                for name, effect in _effects(reached, list(nulls.values())).items()
            }
            weights = {name: weight for name, weight in sorted(weights.items()) if weight}
            for (name, weight), part in zip(weights.items(), _split(total, list(weights.values())), strict=True):
                gained[(month, currency, "markov", name)] = [weight / sum(weights.values()) * len(reached), part]
    costs: dict[tuple[Any, ...], int] = defaultdict(int)
    for r in reports:
        costs[(_month(r["day"]), r["currency"], r["channel"])] += r["cost"]
    yield from _beside(gained, costs, (*SIX, "markov"))


def _effects(good: list[list[str]], bad: list[list[str]]) -> dict[str, Fraction]:
    """Removal effects of a first-order chain, exactly."""
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    for paths, end in ((good, "\1good"), (bad, "\1bad")):
        for path in paths:
            for before, after in zip(["\1start", *path], [*path, end], strict=True):
                steps[before][after] += 1
    names = sorted(set(steps) - {"\1start"})
    whole = _chance(steps, names)
    return {name: 1 - _chance(steps, [other for other in names if other != name]) / whole for name in names}


def _chance(steps: dict[str, Counter[str]], names: list[str]) -> Fraction:
    """The chance of a good end with these states only: Gauss, in fractions."""

    def share(name: str, to: str) -> Fraction:
        return Fraction(steps[name][to], sum(steps[name].values()))

    rows = [[Fraction(int(a == b)) - share(a, b) for b in names] + [share(a, "\1good")] for a in names]
    for at in range(len(rows)):
        pivot = next(row for row in range(at, len(rows)) if rows[row][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(len(rows)):
            if other != at and rows[other][at]:
                factor = rows[other][at]
                rows[other] = [value - factor * mine for value, mine in zip(rows[other], rows[at], strict=True)]
    return sum(
        (share("\1start", name) * row[-1] for name, row in zip(names, rows, strict=True)), share("\1start", "\1good")
    )


def _of_campaigns(
    credits: list[Any], named: dict[str, tuple[Any, ...]], reports: list[Row]
) -> Iterator[tuple[Any, ...]]:
    gained: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0.0, 0])
    for row in credits:
        of = gained[(_month(row[1]), row[6], row[2], *named.get(row[4], (None, None, None)))]
        of[0], of[1] = of[0] + row[7], of[1] + row[8]
    costs: dict[tuple[Any, ...], int] = defaultdict(int)
    for r in reports:
        costs[(_month(r["day"]), r["currency"], r["platform"], r["account"], r["campaign"])] += r["cost"]
    yield from _beside(gained, costs, SIX)


def _beside(gained: Any, costs: dict[tuple[Any, ...], int], models: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    every = {*gained, *((*of[:2], model, *of[2:]) for of in costs for model in models)}
    for of in every:
        conversions, value = gained.get(of, (0.0, 0))
        cost = costs.get((*of[:2], *of[3:]), 0)
        yield (*of, conversions, value, cost, _over(value, cost))
