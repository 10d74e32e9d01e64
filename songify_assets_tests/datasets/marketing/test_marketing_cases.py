"""Cases that a marketer can read: what was spent, touched and sold, and who is given what."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from songify_assets.datasets.marketing import DATASET
from songify_assets_tests.datasets.drop import Drop
from songify_assets_tests.datasets.homes import Home
from songify_assets_tests.datasets.marketing.drops import (
    ACCOUNTS,
    CHANNELS,
    CONVERSIONS,
    EMAIL,
    FACEBOOK,
    GOOGLE,
    HEADERS,
    TOUCHES,
)

DAY = "2021-12-31"
RULES = ["google,cpc,Search", "google,,Organic", "fb,,Social", "news,,Mail"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, DATASET, HEADERS)


def touch(
    number: str, at: str, source: str = "google", medium: str = "cpc", campaign: str = "", user: str = "u"
) -> str:
    return f"{number},{user},{at},{source},{medium},{campaign}"


def sale(number: str, at: str, value: str = "1.00", currency: str = "SEK", user: str = "u") -> str:
    return f"{number},{user},{at},{value},{currency}"


def google(
    day: str, cost: str, campaign: str = "77", account: str = "A", name: str = "Spring", value: str = "0"
) -> str:
    return f"{day},{account},{campaign},{name},SEK,100,10,{cost},1,{value}"


def credited(home: Home, model: str) -> list[Any]:
    rows = [row for row in home.rows("credits") if row["model"] == model]
    return [(row["touch_key"], row["credit_minor"]) for row in sorted(rows, key=lambda row: row["position"])]


PATH = [
    touch("A", "2021-12-01T10:00Z"), touch("B", "2021-12-08T10:00Z", "fb", ""), touch("C", "2021-12-14T10:00Z"),
    touch("D", "2021-12-15T10:00Z", "news", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first_touch", [("a", 100)]),
        ("last_touch", [("d", 100)]),
        ("linear", [("a", 25), ("b", 25), ("c", 25), ("d", 25)]),
        ("position_based", [("a", 40), ("b", 10), ("c", 10), ("d", 40)]),
        ("time_decay", [("a", 10), ("b", 21), ("c", 38), ("d", 41)]),
        ("shapley", [("a", 34), ("b", 33), ("d", 33)]),
    ],
)
def test_each_model_splits_a_sale_to_the_unit(home: Home, model: str, expected: list[tuple[str, int]]):
    value = "1.10" if model == "time_decay" else "1.00"
    home.deliver(DAY, {CHANNELS: RULES, TOUCHES: PATH, CONVERSIONS: [sale("S", "2021-12-15T10:00Z", value)]})
    assert credited(home, model) == expected


def test_two_touches_share_alike_and_the_odd_unit_goes_to_the_earlier(home: Home):
    home.deliver(DAY, {TOUCHES: PATH[:2], CONVERSIONS: [sale("S", "2021-12-15T10:00Z", "0.03")]})
    assert credited(home, "position_based") == [("a", 2), ("b", 1)]


def test_touches_of_one_instant_are_in_the_order_of_their_keys(home: Home):
    at = "2021-12-15T10:00Z"
    home.deliver(DAY, {TOUCHES: [touch("B", at), touch("A", at)], CONVERSIONS: [sale("S", at)]})
    assert (credited(home, "first_touch"), credited(home, "last_touch")) == ([("a", 100)], [("b", 100)])


def test_a_path_reaches_back_thirty_days_to_the_second(home: Home):
    touches = [
        touch("in", "2021-12-01T10:00:00Z"),
        touch("out", "2021-12-01T09:59:59Z"),
        touch("after", "2021-12-31T10:00:01Z"),
    ]
    home.deliver(DAY, {TOUCHES: touches, CONVERSIONS: [sale("S", "2021-12-31T10:00:00Z")]})
    assert credited(home, "linear") == [("in", 100)]


def test_a_late_touch_of_31_days_ago_changes_no_credit_and_a_later_one_only_those_of_its_user(home: Home):
    home.deliver(
        DAY, {TOUCHES: PATH, CONVERSIONS: [sale("S", "2021-12-31T12:00Z"), sale("T", "2021-12-31T12:00Z", user="v")]}
    )
    before = home.rows("credits")
    home.deliver("2022-01-01", {TOUCHES: [touch("L", "2021-11-30T12:00Z")]})
    assert home.rows("credits") == before
    home.deliver("2022-01-02", {TOUCHES: [touch("M", "2021-12-20T12:00Z", user="v")]})
    changed = [row for row in home.rows("credits") if row not in before]
    assert {row["conversion_key"] for row in changed} == {"t"}


def test_a_sale_without_touches_is_unattributed_in_every_model(home: Home):
    home.deliver(DAY, {CONVERSIONS: [sale("S", "2021-12-15T10:00Z", "0")]})
    assert {(row["channel"], row["position"], row["share"]) for row in home.rows("credits")} == {
        ("unattributed", 0, 1.0)
    }
    assert {row["model"] for row in home.rows("attribution")} >= {"linear", "markov"}


@pytest.mark.parametrize(
    ("source", "medium", "campaign", "channel"),
    [
        ("", "", "", "direct"), ("GOOGLE", "CPC", "", "Search"), ("google", "email", "", "Organic"), ("google", "", "", "Organic"),
        ("tv", "", "", "unassigned"), ("", "cpc", "", "unassigned"), ("", "", "spring", "unassigned"),
    ],
)  # fmt: skip
def test_a_touch_has_the_channel_of_its_link(home: Home, source: str, medium: str, campaign: str, channel: str):
    home.deliver(DAY, {CHANNELS: RULES, TOUCHES: [touch("A", "2021-12-15T10:00Z", source, medium, campaign)]})
    assert [row["channel"] for row in home.rows("touchpoints")] == [channel]


def test_a_new_rule_is_for_touches_from_its_day_on(home: Home):
    home.deliver("2021-12-10", {CHANNELS: ["fb,,Social"]})
    home.deliver("2021-12-20", {CHANNELS: ["fb,,Paid social"]})
    home.deliver(
        DAY,
        {
            TOUCHES: [
                touch("A", "2021-12-01T10:00Z", "fb"),
                touch("B", "2021-12-19T10:00Z", "fb"),
                touch("C", "2021-12-20T10:00Z", "fb"),
            ]
        },
    )
    assert {row["touch_key"]: row["channel"] for row in home.rows("touchpoints")} == {
        "a": "Social",
        "b": "Social",
        "c": "Paid social",
    }


def performance(home: Home) -> dict[str, int]:
    return {row["campaign_key"]: row["cost_minor"] for row in home.rows("campaign_performance_daily")}


def test_the_latest_report_replaces_its_accounts_day_whole_and_no_other(home: Home):
    home.deliver(
        "2021-12-02",
        {
            GOOGLE: [
                google("2021-12-01", "1000000"),
                google("2021-12-01", "2000000", "78"),
                google("2021-12-01", "5000000", "90", "B"),
            ]
        },
    )
    home.deliver("2021-12-09", {GOOGLE: [google("2021-12-01", "1500000")]})
    assert performance(home) == {"77": 150, "90": 500}, "78 has vanished from A's report, and B was not reported again"
    home.deliver("2021-12-05", {GOOGLE: [google("2021-12-01", "9000000", "79")]})
    assert performance(home) == {"77": 150, "90": 500}, "an earlier report that comes late replaces nothing"


def test_a_report_of_which_no_row_is_accepted_replaces_nothing(home: Home):
    home.deliver("2021-12-02", {GOOGLE: [google("2021-12-01", "1000000")]})
    home.deliver("2021-12-03", {GOOGLE: [google("2021-12-01", "-1")]})
    assert performance(home) == {"77": 100}


def test_numbers_are_final_28_days_after_their_day(home: Home):
    home.deliver("2021-12-28", {GOOGLE: [google("2021-12-01", "1000000")]})
    assert [row["is_final"] for row in home.rows("campaign_performance_daily")] == [False]
    home.deliver("2021-12-29", {GOOGLE: [google("2021-12-28", "0", "78")]})
    assert {row["campaign_key"]: row["is_final"] for row in home.rows("campaign_performance_daily")} == {
        "77": True,
        "78": False,
    }


@pytest.mark.parametrize(("micros", "minor"), [("1004999", 100), ("1005000", 101), ("0", 0), ("12000000.0", 1200)])
def test_millionths_are_rounded_half_up(home: Home, micros: str, minor: int):
    home.deliver(DAY, {GOOGLE: [google("2021-12-01", micros)]})
    assert performance(home) == {"77": minor}


def test_purchases_of_facebook_are_summed_and_other_actions_are_not(home: Home):
    actions = [
        {"action_type": "purchase", "value": "2"},
        {"action_type": "link_click", "value": "50"},
        {"action_type": "purchase", "value": 1},
    ]
    worth = [{"action_type": "purchase", "value": "10.004"}, {"action_type": "purchase", "value": "0.001"}]
    row = {
        "date_start": "2021-12-01", "date_stop": "2021-12-01", "account_id": "F", "account_currency": "sek", "campaign_id": "f1",
        "campaign_name": "x", "impressions": "10", "clicks": "2", "spend": "3.335", "actions": actions, "action_values": worth,
    }  # fmt: skip
    bare = {**row, "campaign_id": "f2", "actions": None}
    del bare["action_values"]
    home.land(Drop(FACEBOOK, date.fromisoformat(DAY), (row, bare)))
    home.engine.settle()
    assert {r["campaign_key"]: (r["platform_conversions"], r["platform_value_minor"], r["cost_minor"]) for r in home.rows("campaign_performance_daily")} == {
        "f1": (3.0, 1001, 334), "f2": (0.0, 0, 334),
    }  # fmt: skip
    assert json.dumps(home.refused()) == "[]"


def test_the_mailing_tool_writes_semicolons_decimal_commas_and_german_days(home: Home):
    home.deliver(DAY, {EMAIL: ["31.12.2021;Mail;m1;News;SEK;1000;50;2;1234,50;1,005"]}, ";")
    [row] = home.rows("campaign_performance_daily")
    assert (str(row["date"]), row["impressions"], row["platform_value_minor"], row["cost_minor"], row["ctr"]) == (
        "2021-12-31",
        1000,
        123450,
        101,
        0.05,
    )


@pytest.mark.parametrize(
    ("utm", "match"), [("77", "id"), ("spring", "name"), ("brand", "ambiguous"), ("90", "ambiguous"), ("lost", "none")]
)
def test_a_link_is_of_the_campaign_with_that_id_else_of_the_one_with_that_latest_name(home: Home, utm: str, match: str):
    reports = [
        google("2021-12-01", "1", "77", name="Brand"), google("2021-12-02", "1", "77", name="Spring"), google("2021-12-02", "1", "78", name="Brand"),
        google("2021-12-02", "1", "79", name="BRAND "), google("2021-12-02", "1", "90"), google("2021-12-02", "1", "90", "B"),
        google("2021-12-03", "1", "90", name="x"), google("2021-12-03", "1", "90", "B", name="x"),
    ]  # fmt: skip
    home.deliver(
        DAY,
        {GOOGLE: reports, TOUCHES: [touch("A", "2021-12-15T10:00Z", campaign=utm), touch("B", "2021-12-15T10:00Z")]},
    )
    [audit] = home.rows("utm_audit")
    assert (audit["utm_campaign"], audit["touches"], audit["match"]) == (utm, 1, match)
    assert (audit["campaign_key"] is None) == (match in ("ambiguous", "none"))


def test_costs_go_by_the_channel_of_the_account_also_without_credit(home: Home):
    home.deliver(
        DAY,
        {
            GOOGLE: [google("2021-12-15", "5000000"), google("2021-12-15", "7000000", "90", "B")], ACCOUNTS: ["google_ads,A,Europe/Paris,SEK,Search"],
            CHANNELS: RULES, TOUCHES: PATH[:2], CONVERSIONS: [sale("S", "2021-12-15T12:00Z")],
        },
    )  # fmt: skip
    linear = {
        row["channel"]: (row["value_minor"], row["cost_minor"], row["roas"])
        for row in home.rows("attribution")
        if row["model"] == "linear"
    }
    assert linear == {"Search": (50, 500, 0.1), "Social": (50, 0, None), "unassigned": (0, 700, 0.0)}
    assert len({row["model"] for row in home.rows("attribution") if row["channel"] == "unassigned"}) == 7


@pytest.mark.parametrize(
    ("file", "record", "reason"),
    [
        (GOOGLE, google("2021-12-01", "-1"), "must be greater than or equal to 0"),
        (GOOGLE, google("2021-12-01", "1", campaign=""), "`campaign_id` is missing"),
        (GOOGLE, google("2021-12-01", "1", account=""), "`account_id` is missing"),
        (GOOGLE, google("2021-12-01", "1", value="1'000"), "not an amount of its currency"),
        (TOUCHES, touch("", "2021-12-01T10:00Z"), "`touch_id` is missing"),
        (TOUCHES, touch("A", "soon"), "`touched_at` is 'soon', not a time with its UTC offset"),
        (CONVERSIONS, sale("S", "2021-12-01T10:00Z", "-1"), "must be greater than or equal to 0"),
        (CONVERSIONS, sale("S", "2021-12-01T10:00Z", "1.005"), "not an amount of its currency"),
        (CONVERSIONS, sale("S", "2021-12-01T10:00Z", "1", "XXX"), "`currency` is 'XXX', not a currency of ISO 4217"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(home: Home, file: str, record: str, reason: str):
    home.deliver(DAY, {file: [record]})
    [refused] = home.refused()
    assert any(reason in told for told in refused), refused
