"""`songify status`."""

import json
import sys
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.session import Session, session
from songify_assets.cli.terminal import cell


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Per dataset: newest partition, freshness, failed checks, quarantined rows."""
    with session() as opened:
        state = read_status(opened)
    if as_json:
        typer.echo(json.dumps(state, indent=2))
        return
    table = Table(
        "asset", "newest partition", "days old", "out of date", "failed checks", "quarantined rows", "held", "as before"
    )
    for asset in state["assets"]:
        age = "" if asset["days_old"] is None else str(asset["days_old"])
        cells = (asset["newest_partition"] or "-", age, _some(asset["out_of_date"]), "\n".join(asset["failed_checks"]))
        table.add_row(
            asset["asset"],
            *cells,
            _some(asset["quarantined_rows"]),
            "\n".join(asset["held"]),
            cell(asset["kept_as_before"]),
        )
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    console.print(f"{state['quarantined_files']} files are quarantined whole. See `songify quarantine list`.")


def read_status(opened: Session) -> dict[str, Any]:
    """The state of every asset."""
    from songify_assets.definitions import CATALOG
    from songify_assets.foundation.delivery.raw import raw_keys
    from songify_assets.foundation.ledger import PUBLISHED
    from songify_assets.foundation.ledger.files import refused_files
    from songify_assets.orchestration.planner.left_behind import left_behind

    store, failed, feeds = opened.store, _failed_checks(opened), {feed.raw: feed for feed in CATALOG.feeds}
    refused = {
        f"raw/{feed.name}": sum(delivery.refused for delivery in store.ledger.deliveries(feed.name))
        for feed in CATALOG.feeds
    }
    held = {
        f"raw/{feed.name}": [
            str(delivery.delivered_on) for delivery in store.ledger.deliveries(feed.name) if delivery.status == "held"
        ]
        for feed in CATALOG.feeds
    }
    today = datetime.now(store.settings.zone).date()
    stale, kept, assets = store.ledger.stale(), left_behind(opened.planner, opened.instance), list[dict[str, Any]]()
    for key, node in opened.triggers.nodes.items():
        stored = key in store.lake.tables
        keys = (raw_keys(store, feeds[key]) if key in feeds else store.lake.keys(key)) if stored else []
        newest = keys[-1] if keys and node.cadence else None
        assets.append(
            {
                "asset": key,
                "newest_partition": newest or ("whole" if keys or (key == PUBLISHED and _published(opened)) else None),
                "days_old": (today - date.fromisoformat(newest)).days if newest else None,
                # What is told of days to come waits for them: no load would compute it.
                "out_of_date": sum(partition <= str(today) for partition in stale.get(key, ())),
                "failed_checks": failed.get(key, []),
                "quarantined_rows": refused.get(key, 0),
                "held": held.get(key, []),
                "kept_as_before": kept.get(key, ""),
            }
        )
    return {"assets": assets, "quarantined_files": len(refused_files(store.ledger))}


def _failed_checks(opened: Session) -> dict[str, list[str]]:
    """The checks that failed when they were last evaluated, on any partition, by asset."""
    from songify_assets.orchestration.checks.evaluations import failed_evaluations

    known, failed = opened.definitions.resolve_asset_graph().asset_check_keys, dict[str, list[str]]()
    for failure in failed_evaluations(opened.instance):
        check = failure.evaluation
        if check.asset_check_key in known:
            failed.setdefault(check.asset_key.to_user_string(), []).append(
                f"{check.check_name} ({check.severity.value.lower()})"
            )
    return {asset: list(dict.fromkeys(checks)) for asset, checks in failed.items()}


def _published(opened: Session) -> bool:
    return (opened.store.settings.home / "warehouse.duckdb").exists()


def _some(count: int) -> str:
    return f"{count:,}" if count else ""
