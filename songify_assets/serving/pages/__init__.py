"""Pages for people: what a month was, each topic, each table, and the health of the data, as HTML made on the server.

All numbers of a page come from one publication of the warehouse; what a page shows is in its address, so that it can be sent
to others. Health and the files behind a difference come from the ledger of the home. Nothing is loaded from another host, and
nothing has to be built: the templates are Jinja's, the static files are in `songify_assets/serving/static`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from songify_assets.serving.pages import (
    glance,
    health,
    listening,
    marketing,
    payments,
    playlists,
    royalties,
    subscriptions,
    tables,
    viewing,
)
from songify_assets.serving.pages.content import Page
from songify_assets.serving.pages.published import Published
from songify_assets.serving.pages.rendering import html

Query = Mapping[str, str]
PAGES: Mapping[str, Callable[[Published, Query], Page]] = {
    "/": glance.page,
    "/royalties": royalties.page,
    "/viewing": viewing.page,
    "/listening": listening.page,
    "/playlists": playlists.page,
    "/subscriptions": subscriptions.page,
    "/payments": payments.page,
    "/marketing": marketing.page,
    "/tables": tables.index,
}

# Pages that also tell what is so in the home at this moment: no answer of a publication.
HEALTH = "/data-health"
OF_THE_HOME = (HEALTH,)


def render(path: str, query: Query, connection: duckdb.DuckDBPyConnection, home: Path) -> str | None:
    """The HTML of a page, or None where there is none; `connection` reads one publication of the warehouse."""
    published = Published(connection)
    page = _page(path, query, published, home)
    return None if page is None else html(page, path, query, published)


def _page(path: str, query: Query, published: Published, home: Path) -> Page | None:
    if make := PAGES.get(path):
        return make(published, query)
    if path == HEALTH:
        return health.page(published, query, home)
    match path.split("/"):
        case ["", "tables", schema, name]:
            return tables.page(f"{schema}.{name}", published, query)
    return None
