"""Pages as HTML: the templates, in which every text is made safe."""

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from songify_assets.serving.pages.content import Page
from songify_assets.serving.pages.formats import instant
from songify_assets.serving.pages.published import Published
from songify_assets.texts import printable

# Address and name of each page, as the navigation lists them.
NAVIGATION = (
    ("/", "Month"),
    ("/royalties", "Royalties"),
    ("/viewing", "Viewing"),
    ("/listening", "Listening"),
    ("/playlists", "Playlists"),
    ("/subscriptions", "Subscriptions"),
    ("/payments", "Payments"),
    ("/marketing", "Marketing"),
    ("/tables", "Tables"),
    ("/data-health", "Data health"),
)


@cache
def environment() -> Environment:
    """The templates. Texts come from anywhere: what they hold is shown, and never obeyed."""
    return Environment(
        loader=PackageLoader("songify_assets.serving.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda shown: printable(shown) if type(shown) is str else shown,
    )


def html(page: Page, path: str, query: Mapping[str, str], published: Published) -> str:
    """The HTML of a page; it says of which publication it is, and what was asked for that there is not."""
    template, at = environment().get_template(page.template), instant(published.published_at)
    asked = [(one, query[one.name]) for one in page.filters if one.name in query]
    missing = [(one.label, value) for one, value in asked if value not in dict(one.options)]
    return template.render(page=page, path=path, navigation=NAVIGATION, published=at, missing=missing)
