"""Reading generated drops with Python's own modules, to test them."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

FIRST = date(2021, 12, 24)
HEADERS = {
    "users.csv": "first_name,last_name,email",
    "movies.csv": "title,duration_mins,original_language,size_mb",
    "streams.csv": "movie_title,user_email,size_mb,start_at,end_at",
    "plays.csv": "location_id,track_id,played_ms",
    "locations.csv": "id,country",
    "tracks.csv": "id,licensor",
    "cm_track.csv": "cm_track,track,isrc,cm_artist,artist",
    "plans.csv": "plan_id,name,interval,interval_count,price,currency",
    "subscription_events.csv": "event_id,subscription_id,customer_id,type,plan_id,quantity,amount,currency,occurred_at,effective_at",
    "invoices.csv": "invoice_id,customer_id,kind,status,amount,currency,issued_on,due_on",
    "gateway_transactions.csv": "gateway,transaction_id,type,parent_id,invoice_refs,amount,fee,net,currency,customer_amount,customer_currency,created_at,available_on,payout_id",
    "gateway_payouts.csv": "gateway,payout_id,status,amount,currency,created_at,arrival_on",
    "bank_lines.csv": "line_id,booked_on,amount,currency,counterparty,reference",
    "google_ads.csv": "Day,Customer ID,Campaign ID,Campaign,Currency code,Impressions,Clicks,Cost (micros),Conversions,Conv. value",
    "email_sends.csv": "Date;Account;Campaign ID;Campaign;Currency;Delivered;Clicks;Orders;Revenue;Cost",
    "touchpoints.csv": "touch_id,user_id,touched_at,utm_source,utm_medium,utm_campaign",
    "conversions.csv": "conversion_id,user_id,converted_at,value,currency",
    "channels.csv": "utm_source,utm_medium,channel",
    "ad_accounts.csv": "platform,account_id,time_zone,currency,channel",
}


def records(path: Path) -> list[dict[str, Any]]:
    """A file's records, read by Python's own modules."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        assert text.endswith("\n")
        return list(csv.DictReader(text.splitlines(), strict=True))
    if path.name.endswith("-events.json"):
        return [json.loads(line) for line in text.split("\n")]
    found: list[dict[str, Any]] = json.loads(text)
    return found


def feed(files: list[Path], name: str) -> list[list[dict[str, Any]]]:
    """A feed's deliveries, by day."""
    return [records(path) for path in files if path.name.endswith(name)]


def contents(files: list[Path], root: Path) -> dict[str, tuple[bytes, float]]:
    return {path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime) for path in files}


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
