"""`songify explain`: why a number is what it is."""

import sys
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from songify_assets.cli.explain.credits import explain_credits
from songify_assets.cli.explain.files import Files
from songify_assets.cli.explain.items import explain_items
from songify_assets.cli.explain.movements import explain_movements
from songify_assets.cli.explain.section import Section
from songify_assets.cli.match import explain_match
from songify_assets.cli.terminal import say
from songify_assets.cli.topics import opened
from songify_assets.errors import HomeError, SettingsError
from songify_assets.settings import load_settings

ITEM = Annotated[
    str,
    typer.Argument(
        help="An invoice, transaction, payout, bank line or its match_id; a conversion; a customer or subscription; or a video."
    ),
]
MOST_ROWS = 60


def explain(item: ITEM) -> None:
    """Why a number is what it is: the rows, rules and files behind an item, a credit, a movement, or a match."""
    from songify_assets.foundation.keys import key_text  # imports Polars, which other commands start without

    settings = load_settings()
    with opened(settings.home) as connection:
        files, key = Files(settings.home), key_text(item)
        try:
            sections = [
                *explain_items(connection, files, key),
                *explain_credits(connection, files, key),
                *explain_movements(connection, files, key, settings.zone),
            ]
            is_video = connection.execute("SELECT 1 FROM playlists.videos WHERE video_id = ?", [item]).fetchone()
        except duckdb.CatalogException:
            what, remedy = "an older version made it", "Run `songify load`: it is made again."
            raise HomeError(what, where=str(settings.home / "warehouse.duckdb"), remedy=remedy) from None
    if is_video:
        explain_match(item)
    elif not sections:
        raise SettingsError(
            f"nothing is called '{item}'",
            where="ITEM",
            remedy="Give an id from payments.items (item_key or match_id), marketing.credits (conversion_key), "
            "subscriptions.mrr_movements (customer_key), subscriptions.periods (subscription_key), or playlists.videos.",
        )
    for section in sections:
        _show(section)


def _show(section: Section) -> None:
    say(section.title)
    for line in section.lines:
        say(f"  {line}")
    if section.rows:
        table = Table(*section.columns)
        for row in section.rows[:MOST_ROWS]:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        Console(width=None if sys.stdout.isatty() else 200).print(table)
    if len(section.rows) > MOST_ROWS:
        say(f"  and {len(section.rows) - MOST_ROWS} more")
    say("")
