"""Reports of advertising platforms, touches of users, their conversions, the rules of channels, and accounts."""

import json
from functools import partial

import numpy as np
import polars as pl

from songify_assets.generator.chance import Index, Mask, bits, pick, uniform
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.money import dates, instants, major
from songify_assets.generator.plan import Plan, Span
from songify_assets.generator.texts import choose, joined, letters, quoted

CAMPAIGNS, TOUCHES, CONVERSIONS, USERS = 8, 300, 25, 500
_ACCOUNTS = 2  # of a platform
_RESTATED_AFTER = 3  # days
_SOURCES = ("google", "google", "facebook", "newsletter", "partner", "")
_MEDIA = ("cpc", "organic", "paid", "email", "link", "")
_RULES = (
    ("google", "cpc", "Paid search"), ("google", "", "Organic search"), ("facebook", "", "Paid social"),
    ("newsletter", "email", "Email"),
)  # fmt: skip
_CHANNELS = {"google_ads": "Paid search", "facebook_ads": "Paid social", "email_sends": "Email"}
_PLATFORMS = tuple(_CHANNELS)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_FACEBOOK = (
    "date_start", "date_stop", "account_id", "account_currency", "campaign_id", "campaign_name", "impressions", "clicks", "spend",
)  # fmt: skip

GOOGLE_FEED = Feed(
    "google_ads", "csv", full_dump=False, key="Campaign ID", text="Campaign", number="Clicks",
    impossible=((-1 - pl.col("Impressions")).alias("Impressions"),),
)  # fmt: skip
FACEBOOK_FEED = Feed(
    "facebook_ads", "array",
    "{" + ", ".join(f"{json.dumps(name)}: ${name}" for name in _FACEBOOK)
    + ', "actions": [{"action_type": "purchase", "value": $bought}, {"action_type": "link_click", "value": $clicks}]'
    + ', "action_values": [{"action_type": "purchase", "value": $worth}]}',
    full_dump=False, key="campaign_id", text="campaign_name", number="impressions",
    impossible=((-1 - pl.col("clicks")).alias("clicks"),),
)  # fmt: skip
EMAIL_FEED = Feed(
    "email_sends", "csv", full_dump=False, key="Campaign ID", text="Campaign", number="Clicks", delimiter=";",
    impossible=((-1 - pl.col("Delivered")).alias("Delivered"),),
)  # fmt: skip
TOUCHES_FEED = Feed("touchpoints", "csv", full_dump=False, key="touch_id", text="utm_campaign", number="touched_at")
CONVERSIONS_FEED = Feed(
    "conversions", "csv", full_dump=False, key="conversion_id", text="user_id", number="value",
    impossible=(pl.concat_str(pl.lit("-"), "value").alias("value"),),
)  # fmt: skip
CHANNELS_FEED = Feed(
    "channels", "csv", key="utm_source", text="channel", conflicting=(pl.lit("Conflicting").alias("channel"),)
)
ACCOUNTS_FEED = Feed(
    "ad_accounts", "csv", key="account_id", text="channel", conflicting=(pl.lit("Conflicting").alias("channel"),)
)


def drops(plan: Plan, day: int) -> list[Drop]:
    """What is delivered for a day; reports are of the day, and again of a day before, restated, with a campaign less."""
    campaigns = plan.root(CAMPAIGNS) // 2 * 2
    reported = [Span(day - lag, 0, campaigns) for lag in (0, _RESTATED_AFTER) if day >= lag]
    reports = (
        (GOOGLE_FEED, "google_ads.csv", _google),
        (FACEBOOK_FEED, "facebook_ads.json", _facebook),
        (EMAIL_FEED, "email_sends.csv", _email),
    )
    late = [Span(day - lag, 0, plan.linear(TOUCHES)) for lag in (0, 1) if day >= lag]
    return [
        *(Drop(feed, file, day, reported, partial(build, today=day), present=partial(_is_reported, today=day)) for feed, file, build in reports),
        Drop(TOUCHES_FEED, "touchpoints.csv", day, late, _touches, present=partial(_is_told, today=day)),
        Drop(CONVERSIONS_FEED, "conversions.csv", day, [Span(day, 0, plan.linear(CONVERSIONS))], _conversions),
        Drop(CHANNELS_FEED, "channels.csv", day, [Span(day, 0, len(_RULES) + 1)], _channels),
        Drop(ACCOUNTS_FEED, "ad_accounts.csv", day, [Span(day, 0, len(_PLATFORMS) * _ACCOUNTS)], _accounts),
    ]  # fmt: skip


def _is_reported(plan: Plan, day: int, index: Index, *, today: int) -> Mask:
    if day == today:
        return np.full(len(index), True)
    again = uniform(plan.seed, "restated report", index % _ACCOUNTS, day) < plan.share("restated")
    return again & (uniform(plan.seed, "vanished row", index, day) >= plan.share("vanished"))


def _is_told(plan: Plan, day: int, index: Index, *, today: int) -> Mask:
    late = uniform(plan.seed, "late touch", index, day) < plan.share("late")
    return late if day != today else ~late


def _account(plan: Plan, platform: int, index: Index) -> pl.Series:
    return joined(
        f"{platform}", letters(bits(plan.seed, "account", index % _ACCOUNTS + platform * _ACCOUNTS), _ALPHABET, 6)
    )


def _name(index: Index) -> pl.Series:
    return joined(choose(("Spring", "Brand", "Win back", "New films"), index), " ", pl.Series(index // 4 + 1))


def _numbers(plan: Plan, platform: str, day: int, index: Index, today: int) -> dict[str, Index]:
    shown = pick(plan.seed, f"{platform} shown", index, 20_000, day) + (100 if today != day else 0)
    clicks = shown * (10 + index % 40) // 1000
    cents = clicks * (30 + pick(plan.seed, f"{platform} price", index, 200, day))
    bought = clicks // 40
    return {"shown": shown, "clicks": clicks, "cents": cents, "bought": bought, "worth": bought * 9900}


def _google(plan: Plan, day: int, index: Index, *, today: int) -> pl.DataFrame:
    of = _numbers(plan, "google", day, index, today)
    return pl.DataFrame(
        {
            "Day": dates(plan, day, 0, len(index)),
            "Customer ID": _account(plan, 0, index),
            "Campaign ID": joined("g", pl.Series(index)),
            "Campaign": _name(index),
            "Currency code": choose(("SEK",), index),
            "Impressions": of["shown"],
            "Clicks": of["clicks"],
            "Cost (micros)": of["cents"] * 10_000 + 4_321,
            "Conversions": major(of["bought"] * 100 + 50 * (index % 2)),
            "Conv. value": major(of["worth"]),
        }
    )


def _facebook(plan: Plan, day: int, index: Index, *, today: int) -> pl.DataFrame:
    of = _numbers(plan, "facebook", day, index, today)
    date = quoted(dates(plan, day, 0, len(index)).dt.to_string("iso"))
    return pl.DataFrame(
        {
            "date_start": date,
            "date_stop": date,
            "account_id": quoted(_account(plan, 1, index)),
            "account_currency": quoted(choose(("SEK",), index)),
            "campaign_id": quoted(joined("f", pl.Series(index))),
            "campaign_name": quoted(_name(index)),
            "impressions": of["shown"],
            "clicks": of["clicks"],
            "spend": quoted(major(of["cents"])),
            "bought": quoted(pl.Series(of["bought"]).cast(pl.String)),
            "worth": quoted(major(of["worth"])),
        }
    )


def _email(plan: Plan, day: int, index: Index, *, today: int) -> pl.DataFrame:
    of = _numbers(plan, "email", day, index, today)
    comma = {name: major(of[name]).str.replace(".", ",", literal=True) for name in ("worth", "cents")}
    return pl.DataFrame(
        {
            "Date": dates(plan, day, 0, len(index)).dt.strftime("%d.%m.%Y"),
            "Account": _account(plan, 2, index),
            "Campaign ID": joined("m", pl.Series(index)),
            "Campaign": _name(index),
            "Currency": choose(("SEK",), index),
            "Delivered": of["shown"],
            "Clicks": of["clicks"],
            "Orders": of["bought"],
            "Revenue": comma["worth"],
            "Cost": comma["cents"],
        }
    )


def _user(plan: Plan, what: str, day: int, index: Index) -> Index:
    user: Index = (uniform(plan.seed, f"{what} user", index, day) ** 2 * plan.linear(USERS)).astype(np.int64)
    return user


def _touches(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    source = pick(plan.seed, "utm source", index, len(_SOURCES), day)
    # Of a chosen share the one before is of the same user and second.
    same = (uniform(plan.seed, "simultaneous", index, day) < plan.share("simultaneous")) & (index > 0)
    moment = np.where(same, index - 1, index)
    kind = choose(("g", "f", "m"), source)
    named = joined(kind, pl.Series(pick(plan.seed, "utm campaign", index, plan.root(CAMPAIGNS), day)))
    none = pl.Series([None] * len(index), dtype=pl.String)
    return pl.DataFrame(
        {
            "touch_id": joined(f"T{day}-", pl.Series(index)),
            "user_id": joined("u", pl.Series(_user(plan, "touch", day, moment))),
            "touched_at": instants(plan, day, "touch", moment),
            "utm_source": choose(_SOURCES, source),
            "utm_medium": choose(_MEDIA, source),
            "utm_campaign": named.zip_with(pl.Series(source < len(_SOURCES) - 2), none),
        }
    )


def _conversions(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "conversion_id": joined(f"V{day}-", pl.Series(index)),
            "user_id": joined("u", pl.Series(_user(plan, "conversion", day, index))),
            "converted_at": instants(plan, day, "conversion", index),
            "value": major(900 + 100 * pick(plan.seed, "conversion value", index, 500, day)),
            "currency": choose(("SEK", "SEK", "SEK", "EUR"), pick(plan.seed, "conversion currency", index, 4, day)),
        }
    )


def _channels(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    """The rules of the sources, and one of a partner's."""
    partner = str(letters(bits(plan.seed, "partner", np.zeros(1, dtype=np.int64)), _ALPHABET, 6)[0])
    rules = [*_RULES, (f"partner-{partner}", "", "Partners")]
    columns = ("utm_source", "utm_medium", "channel")
    return pl.DataFrame({name: choose(tuple(rule[at] for rule in rules), index) for at, name in enumerate(columns)})


def _accounts(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    platform, account = np.divmod(index, _ACCOUNTS)
    ids = joined(pl.Series(platform).cast(pl.String), letters(bits(plan.seed, "account", index), _ALPHABET, 6))
    return pl.DataFrame(
        {
            "platform": choose(_PLATFORMS, platform),
            "account_id": ids,
            "time_zone": choose(("Europe/Stockholm", "America/Los_Angeles"), account),
            "currency": choose(("SEK",), index),
            "channel": choose(tuple(_CHANNELS.values()), platform),
        }
    )
