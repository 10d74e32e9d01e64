"""Subscriptions, payments and marketing as their teams use them: drops of today, answers, explanations, and the close."""

import csv
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from songify_assets_tests.home import Home, new_home

TODAY = datetime.now(ZoneInfo("Europe/Stockholm")).date()
THEN = TODAY - timedelta(days=3)
FILES = {
    ("subscriptions", "plans.csv"): "plan_id,name,interval,interval_count,price,currency\nbasic,Basic,month,1,99.00,SEK\n",
    ("subscriptions", "subscription_events.csv"): "event_id,subscription_id,customer_id,type,plan_id,quantity,amount,currency,occurred_at,effective_at\n"
    f"E1,S1,Ann,sign_up,basic,,,SEK,{THEN}T10:00:00Z,\nE2,S2,=Bo,sign_up,basic,2,,SEK,{THEN}T11:00:00Z,\nE3,S1,Ann,payment,,,99,SEK,{THEN}T12:00:00Z,\n",
    ("payments", "invoices.csv"): "invoice_id,customer_id,kind,status,amount,currency,issued_on,due_on\n"
    f"I1,Ann,invoice,open,99.00,SEK,{THEN},\nI2,Bo,invoice,open,198,SEK,{THEN - timedelta(days=9)},\n",
    ("payments", "gateway_transactions.csv"): "gateway,transaction_id,type,parent_id,invoice_refs,amount,fee,net,currency,customer_amount,"
    f"customer_currency,created_at,available_on,payout_id\nStripe,T1,payment,,I1,99,3,96,SEK,,,{THEN}T10:00:00Z,,P1\n",
    ("payments", "gateway_payouts.csv"): f"gateway,payout_id,status,amount,currency,created_at,arrival_on\nStripe,P1,paid,96,SEK,{THEN}T20:00:00Z,{TODAY}\n",
    ("payments", "bank_lines.csv"): f"line_id,booked_on,amount,currency,counterparty,reference\nL1,{TODAY},96,SEK,Stripe,P1\n",
    ("marketing", "google_ads.csv"): "Day,Customer ID,Campaign ID,Campaign,Currency code,Impressions,Clicks,Cost (micros),Conversions,Conv. value\n"
    f"{THEN},A,c1,Spring,SEK,100,10,5000000,1,99\n",
    ("marketing", "ad_accounts.csv"): "platform,account_id,time_zone,currency,channel\ngoogle_ads,A,Europe/Stockholm,SEK,Search\n",
    ("marketing", "channels.csv"): "utm_source,utm_medium,channel\ngoogle,,Search\n",
    ("marketing", "touchpoints.csv"): "touch_id,user_id,touched_at,utm_source,utm_medium,utm_campaign\n"
    f"K1,u,{THEN}T08:00:00Z,google,cpc,c1\nK2,u,{THEN}T09:00:00Z,,,\n",
    ("marketing", "conversions.csv"): f"conversion_id,user_id,converted_at,value,currency\nV1,u,{THEN}T10:00:00Z,0.99,SEK\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = new_home(tmp_path_factory.mktemp("money") / "home")
    for (source, name), content in FILES.items():
        home.deliver(source, str(TODAY), name, content)
    home.load()
    return home


def answered(home: Home, topic: str, month: date) -> dict[str, list[Any]]:
    told = json.loads(home.songify("answers", "--topic", topic, "--month", f"{month:%Y-%m}", "--json").out)
    return {answer["question"]: answer["rows"] for answer in told["answers"]}


def test_drops_of_today_are_answered_for_each_team(home: Home) -> None:
    assert answered(home, "subscriptions", TODAY)["mrr"][0][:3] == ["SEK", 29700, 2]
    close = answered(home, "payments", THEN)["close"][0]
    assert (close[0], close[3], close[6]) == ("stripe", 9900, -300)
    roas = answered(home, "marketing", THEN)["roas_by_model"]
    assert [row[:3] for row in roas] == [["SEK", "Search", 500]]
    for topic in ("subscriptions", "payments", "marketing"):
        told = json.loads(home.songify("answers", "--topic", topic, "--json").out)
        for answer in told["answers"]:
            assert len(home.rows(answer["sql"])) == len(answer["rows"])


def test_the_reconciliation_of_today_waits_for_what_may_still_come(home: Home) -> None:
    rows = home.rows("SELECT level, item_key, state FROM payments.items ORDER BY ALL")
    assert rows == [
        ("bank", "l1", "matched"), ("bank", "p1", "matched"), ("billing", "i1", "matched"), ("billing", "i2", "missing_at_gateway"),
        ("billing", "t1", "matched"), ("settlement", "p1", "matched"), ("settlement", "t1", "matched"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("I2", ["billing: invoice i2, alone", "no transaction names the invoice", "invoices.csv"]),
        ("payout:stripe:p1", ["settlement: payout:stripe:p1", "to the unit", "gateway_transactions.csv"]),
        ("bank_line:l1", ["bank: bank_line:l1", "the sides agree", "bank_lines.csv"]),
        ("v1", ["conversion v1", "99 minor units of SEK", "0.5000 = 50", "touchpoints.csv"]),
        ("ann", ["movements of customer ann", "sign_up", "subscription_events.csv"]),
        ("S2", ["movements of customer =bo", "19800"]),
    ],
)
def test_an_item_is_explained_with_its_rule_and_its_files(home: Home, item: str, told: list[str]) -> None:
    explained = home.songify("explain", item)
    assert explained.status == 0
    for text in told:
        assert text in explained.out, explained.out


def test_what_is_nothing_is_told_with_what_there_is(tmp_path: Path, home: Home) -> None:
    unknown = home.songify("explain", "nobody")
    assert (unknown.status, "nothing is called 'nobody'" in unknown.text) == (2, True)
    none_yet = new_home(tmp_path / "empty").songify("explain", "I1")
    assert (none_yet.status, "Run `songify load`" in none_yet.text) == (2, True)


def test_the_close_of_a_month_ties_to_the_tables_by_formulas(home: Home) -> None:
    folder = home.path / "exports/close" / f"{THEN:%Y-%m}"
    waterfall = openpyxl.load_workbook(folder / "subscriptions.xlsx")["waterfall"]
    header = [cell.value for cell in waterfall[1]]
    assert (header[-1], waterfall.cell(2, len(header)).value[:4]) == ("adds up", "=IF(")
    cached = openpyxl.load_workbook(folder / "subscriptions.xlsx", data_only=True)["waterfall"]
    assert cached.cell(2, len(header)).value == "yes"
    states = openpyxl.load_workbook(folder / "payments.xlsx")["reconciliation"]
    totals = [row for row in states.iter_rows(values_only=True) if row[0] == "total"]
    assert totals, "a total for each level, side and currency"
    assert all(str(row[-1]).startswith("=SUM(") for row in totals)
    with (folder / "subscriptions-movements.csv").open(newline="") as file:
        customers = [row["customer_key"] for row in csv.DictReader(file)]
    assert customers == ["'=bo", "ann"], "no spreadsheet runs a name"
    channels = openpyxl.load_workbook(folder / "marketing.xlsx", data_only=True)["channels"]
    by_model = {row[2]: row[5] for row in channels.iter_rows(values_only=True) if row[0] == "total"}
    assert set(by_model.values()) == {99}, "each model gives the month's sales"
