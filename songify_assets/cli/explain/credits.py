"""Why each touch of a sale has its credit: the path and the weights."""

from collections.abc import Iterator
from datetime import datetime

import duckdb

from songify_assets.cli.explain.files import Files
from songify_assets.cli.explain.section import Section, asked

MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley")
SALE = "SELECT * FROM marketing.conversions WHERE conversion_key = ?"
PATH = f"""
    SELECT position, credits.touch_key, touched_at, credits.channel, utm_source, utm_medium, utm_campaign,
           {", ".join(f"max(share) FILTER (model = '{model}') AS {model}" for model in MODELS)},
           {", ".join(f"max(credit_minor) FILTER (model = '{model}') AS {model}_minor" for model in MODELS)},
           any_value(touches.delivered_on) AS delivered_on
    FROM marketing.credits AS credits LEFT JOIN marketing.touchpoints AS touches USING (touch_key)
    WHERE conversion_key = ?
    GROUP BY ALL
    ORDER BY position
"""
RULE = (
    "the path is the user's touches in the 30 x 24 hours to the sale; each model's weights split its value to the unit, what is left "
    "over goes to the largest remainders, of equal ones to the earlier touch"
)


def explain_credits(connection: duckdb.DuckDBPyConnection, files: Files, key: str) -> Iterator[Section]:
    """A section for the sale that is called so."""
    for sale in asked(connection, SALE, key)[1]:
        _, path = asked(connection, PATH, key)
        said = f"{sale['value_minor']} minor units of {sale['currency']} at {sale['converted_at']:%Y-%m-%d %H:%M:%S %Z}, by {sale['user_key']}"
        lines = [said, f"file: {files.of('conversions', sale['delivered_on'])}", RULE]
        if path and path[0]["position"] == 0:
            lines.append("no touch of the user lies in these 30 days: the sale is unattributed")
        columns = ("position", "touch_key", "touched_at", "channel", "utm_campaign", *MODELS, "file")
        rows = [
            (
                step["position"], step["touch_key"], _told(step["touched_at"]), step["channel"], step["utm_campaign"],
                *(None if step[model] is None else f"{step[model]:.4f} = {step[f'{model}_minor']}" for model in MODELS),
                files.of("touchpoints", step["delivered_on"]),
            )
            for step in path
        ]  # fmt: skip
        yield Section(f"conversion {key}", lines, columns, rows)


def _told(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else None
