"""The server's application: the front, and what runs beside it as long as it is up."""

import asyncio
from contextlib import suppress
from typing import Any

from songify_assets.errors import SongifyError
from songify_assets.serving.admission import Admission, Rates, is_loopback
from songify_assets.serving.answering import Answering
from songify_assets.serving.front import Front
from songify_assets.serving.key_store import KeyStore
from songify_assets.serving.measures import Measures
from songify_assets.serving.publications import remove_links
from songify_assets.settings import Settings

KEYS_EVERY_S = 1.0


class Application:
    """An ASGI application with its lifespan."""

    def __init__(self, settings: Settings, host: str, rates: Rates) -> None:
        self._home, self._keys = settings.home, KeyStore(settings.home)
        self._admission = Admission(rates, is_loopback(host))
        self._answering = Answering(settings.home)
        publications = self._answering.publications
        measures = Measures(settings.home, settings.zone, lambda: publications.current)
        live_page = f"{settings.live_url.rstrip('/')}/live"
        self._front = Front(self._admission, self._answering, measures, live_page)
        self._beside: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers a request, or begins and ends with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._front(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        remove_links(self._home)
        self._admission.keys = self._keys.all()
        await self._answering.watcher.look()
        self._beside = [asyncio.create_task(self._answering.watcher.watch()), asyncio.create_task(self._follow_keys())]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        self._answering.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _follow_keys(self) -> None:
        """Lets changes of the keys count."""
        while True:
            await asyncio.sleep(KEYS_EVERY_S)
            with suppress(SongifyError):  # those known so far go on counting
                self._admission.keys = await asyncio.to_thread(self._keys.all)
