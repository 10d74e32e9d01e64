"""Random reports, touches and conversions: late, repeated, moved, restated and vanished ones, ties, some that must be refused."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from songify_assets_tests.datasets.drop import Drop, Record

FIRST, DAYS = date(2021, 12, 20), 60
GOOGLE, FACEBOOK, EMAIL = "google_ads.csv", "facebook_ads.json", "email_sends.csv"
TOUCHES, CONVERSIONS, CHANNELS, ACCOUNTS = "touchpoints.csv", "conversions.csv", "channels.csv", "ad_accounts.csv"
HEADERS = {
    GOOGLE: [
        "Day", "Customer ID", "Campaign ID", "Campaign", "Currency code", "Impressions", "Clicks", "Cost (micros)", "Conversions",
        "Conv. value",
    ],
    EMAIL: ["Date", "Account", "Campaign ID", "Campaign", "Currency", "Delivered", "Clicks", "Orders", "Revenue", "Cost"],
    TOUCHES: ["touch_id", "user_id", "touched_at", "utm_source", "utm_medium", "utm_campaign"],
    CONVERSIONS: ["conversion_id", "user_id", "converted_at", "value", "currency"],
    CHANNELS: ["utm_source", "utm_medium", "channel"],
    ACCOUNTS: ["platform", "account_id", "time_zone", "currency", "channel"],
}  # fmt: skip
NAMES = ["Spring Sale", "spring sale ", "Brand", "77", ""]
CURRENCIES = ["SEK", "SEK", "SEK", "JPY"]


def drawn(chance: random.Random) -> list[Drop]:
    """Some drops in random order of arrival, corrections among them."""
    kinds = [GOOGLE, FACEBOOK, EMAIL, TOUCHES, TOUCHES, TOUCHES, CONVERSIONS, CONVERSIONS, CHANNELS, ACCOUNTS]
    drops = [_drop(chance, chance.choice(kinds)) for _ in range(chance.randint(5, 16))]
    again = [chance.choice(drops) for _ in range(chance.randint(0, 3))]
    return drops + [_drop(chance, drop.file, drop.delivered_on) for drop in again]


def _drop(chance: random.Random, file: str, day: date | None = None) -> Drop:
    day = day or FIRST + timedelta(days=chance.randrange(DAYS))
    many = chance.randint(0 if file.endswith(".csv") else 1, 12)
    records = tuple(RECORDS[file](chance, day) for _ in range(many))
    if file in (CHANNELS, ACCOUNTS):  # of one key in one dump only one content, or all but the last are refused
        records = tuple({tuple(list(record.values())[:2]): record for record in records}.values())
    return Drop(file, day, records, ";" if file == EMAIL else ",")


def _reported(chance: random.Random, day: date) -> date:
    return day - timedelta(days=chance.choice([0, 0, 1, 2, 27, 28]))


def _numbers(chance: random.Random) -> tuple[Any, ...]:
    return (
        chance.choice([0, 10, 1000]),
        chance.choice([0, 3, -1] if chance.random() < 0.1 else [0, 3]),
        chance.choice(["0", "2", "1.5"]),
    )


def _google(chance: random.Random, day: date) -> Record:
    shown, clicks, conversions = _numbers(chance)
    return {
        "Day": _reported(chance, day), "Customer ID": chance.choice("AB"), "Campaign ID": chance.choice(["77", "78", ""] if chance.random() < 0.1 else ["77", "78"]),
        "Campaign": chance.choice(NAMES), "Currency code": chance.choice(CURRENCIES), "Impressions": shown, "Clicks": clicks,
        "Cost (micros)": chance.choice(["1005000", "994999", "0", "12000000.0"]), "Conversions": conversions, "Conv. value": chance.choice(["0", "1.005", "2.4949", "1,000"]),
    }  # fmt: skip


def _facebook(chance: random.Random, day: date) -> Record:
    shown, clicks, _ = _numbers(chance)
    start = _reported(chance, day)
    bought = [{"action_type": "purchase", "value": chance.choice(["1", "2"])}, {"action_type": "view", "value": "n/a"}]
    worth = [
        {"action_type": "purchase", "value": value}
        for value in chance.choice([["1.005"], ["0.1", "0.205"], ["-1"], []])
    ]
    return {
        "date_start": str(start), "date_stop": str(start if chance.random() < 0.9 else start + timedelta(days=1)), "account_id": chance.choice("AB"),
        "account_currency": chance.choice(CURRENCIES), "campaign_id": chance.choice(["77", "f1"]), "campaign_name": chance.choice(NAMES),
        "impressions": str(shown), "clicks": clicks, "spend": chance.choice(["3.335", "0", "7"]), "actions": chance.choice([bought, None, []]),
        "action_values": worth or None,
    }  # fmt: skip


def _email(chance: random.Random, day: date) -> Record:
    shown, clicks, _ = _numbers(chance)
    when = _reported(chance, day)
    return {
        "Date": f"{when:%d.%m.%Y}" if chance.random() < 0.95 else str(when), "Account": "mail", "Campaign ID": chance.choice(["m1", "m2"]),
        "Campaign": chance.choice(NAMES), "Currency": chance.choice(CURRENCIES), "Delivered": shown, "Clicks": clicks, "Orders": chance.choice([0, 1]),
        "Revenue": chance.choice(["1,505", "10", "1.000,00"]), "Cost": chance.choice(["1,50", "0"]),
    }  # fmt: skip


def _moment(chance: random.Random, day: date) -> str:
    moment = datetime(day.year, day.month, day.day, chance.choice([0, 9, 9, 22, 23]), tzinfo=UTC)
    return (moment - timedelta(days=chance.choice([0, 0, 1, 5, 29, 30, 31]))).isoformat()


def _touch(chance: random.Random, day: date) -> Record:
    return {
        "touch_id": f"T{chance.randrange(60)}", "user_id": chance.choice(["u1", "u2", "U1", "u3", "u4"] + ([""] if chance.random() < 0.05 else [])),
        "touched_at": _moment(chance, day), "utm_source": chance.choice(["", "google", "Google", "news", "fb"]),
        "utm_medium": chance.choice(["", "cpc", "email"]), "utm_campaign": chance.choice(["", "", "77", "78", "Spring Sale", "brand", "lost"]),
    }  # fmt: skip


def _conversion(chance: random.Random, day: date) -> Record:
    return {
        "conversion_id": f"C{chance.randrange(20)}", "user_id": chance.choice(["u1", "u2", "u3", "u5"]), "converted_at": _moment(chance, day),
        "value": chance.choice(["1.00", "0.07", "10", "0", "-1", "0.005"]), "currency": chance.choice([*CURRENCIES, "XXX"]),
    }  # fmt: skip


def _channel(chance: random.Random, day: date) -> Record:
    return {
        "utm_source": chance.choice(["google", "news", "fb"]),
        "utm_medium": chance.choice(["", "cpc", "email"]),
        "channel": chance.choice(["Search", "Mail", "Social"]),
    }


def _account(chance: random.Random, day: date) -> Record:
    return {
        "platform": chance.choice(["google_ads", "facebook_ads", "Email_Sends"]), "account_id": chance.choice(["a", "b", "mail"]),
        "time_zone": "Europe/Paris", "currency": "SEK", "channel": chance.choice(["Search", "Social", "Mail"]),
    }  # fmt: skip


RECORDS = {
    GOOGLE: _google, FACEBOOK: _facebook, EMAIL: _email, TOUCHES: _touch, CONVERSIONS: _conversion, CHANNELS: _channel, ACCOUNTS: _account,
}  # fmt: skip
