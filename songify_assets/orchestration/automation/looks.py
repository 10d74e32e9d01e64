"""Looks at sources, by `songify load` and by the sensors; these look in the background: a sensor's tick is short, however much there is to list, fetch and unpack."""

import threading
from collections.abc import Callable, Sequence
from datetime import date

from songify_assets.errors import HomeError, SongifyError, SourceUnreachable, unexpected
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Look
from songify_assets.foundation.ledger.sources import reached
from songify_assets.foundation.sources import open_drops
from songify_assets.foundation.store import Store


def look_at(
    store: Store,
    source: str,
    feeds: Sequence[Feed],
    tell: Callable[[str], None],
    *,
    since: date = date.min,
    until: date = date.max,
) -> Look:
    """Looks at a source once and lands what is complete and new. Whatever goes wrong with a source is told in its look.

    The ledger knows since when a source, or a part of it, is unreachable.
    """
    settings = store.settings
    url, folder = settings.place_of(source)
    own = [feed for feed in feeds if feed.source == source]
    look = Look(source)
    try:
        with open_drops(url, folder, settings.ftps_ca, tell, setting=settings.setting_of(source)) as drops:
            look = store.landing.look(source, drops, own, settings, since=since, until=until, tell=tell)
    except HomeError:
        raise
    except SourceUnreachable as error:
        look.unreachable.append(error)
    except SongifyError as error:
        look.errors.append(error)
    except Exception as error:
        look.errors.append(unexpected(error, f"source {source}"))
    if look.unreachable:
        reached(store.ledger, source, str(look.unreachable[0]))
    elif not look.errors:
        reached(store.ledger, source)
    return look


class BackgroundLook:
    """One look at a time at one source, in a thread; a process that ends in the middle leaves nothing half landed."""

    def __init__(self, look: Callable[[Callable[[str], None]], Look]) -> None:
        """`look` looks at the source and tells what it is doing."""
        self._look = look
        self._thread: threading.Thread | None = None
        self._found: Look | BaseException | None = None
        self.doing = "listing"

    @property
    def is_under_way(self) -> bool:
        """Whether a look is not done yet."""
        return self._thread is not None

    def result(self, within_s: float) -> Look | None:
        """What a look found; None where it is still under way after `within_s` seconds. Raises what the look raised."""
        if self._thread is None:
            self.doing = "listing"
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        self._thread.join(within_s)
        if self._thread.is_alive():
            return None
        self._thread, found = None, self._found
        if isinstance(found, BaseException):
            raise found
        return found

    def _run(self) -> None:
        try:
            self._found = self._look(self._tell)
        except BaseException as error:
            self._found = error

    def _tell(self, text: str) -> None:
        self.doing = text
