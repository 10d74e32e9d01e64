"""From an address to its answer: in which publication, from the cache or by a question."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import duckdb

from songify_assets.serving.answer_cache import Key
from songify_assets.serving.answers import Answer, answered, described, page_answer
from songify_assets.serving.forms import HTML, JSON, accepted
from songify_assets.serving.pages import OF_THE_HOME, render
from songify_assets.serving.problems import Problem, not_there, unavailable
from songify_assets.serving.publications import Publication, Publications
from songify_assets.serving.questions import is_short, may_say, parameters, publication_of
from songify_assets.serving.threads import Threads
from songify_assets.serving.watching import Watcher

DESCRIPTION = "/openapi.json"


class Answering:
    """Used by the event loop alone; `close` ends its threads."""

    def __init__(self, home: Path) -> None:
        self.publications, self.threads, self.home = Publications(), Threads(), home
        self.watcher = Watcher(home, self.publications, self._found_in, self._found)
        self._asked: dict[tuple[Publication, Key], asyncio.Task[Answer]] = {}

    def current(self) -> Publication:
        """The current publication; Problem (503) where there is none."""
        if self.publications.current is None:
            raise unavailable(self.watcher.trouble, self.watcher.remedy)
        return self.publications.current

    async def answer(self, path: str, query: str, accept: str) -> Answer:
        """The answer to what an address asks; Problem where there is none."""
        media = _media(path, query, accept)
        began_in = publication_of(query) if path.startswith("/v1/") else None
        publication = self.publications.of(began_in)
        if publication is None and began_in:  # another worker may have seen it already
            await self.watcher.look()
            publication = self.publications.of(began_in)
        if publication is None and began_in:
            raise _gone(path)
        if self.publications.current is None and path == DESCRIPTION:
            return described(None)
        publication = publication or self.current()
        key = (path, query, media)
        if kept := publication.cache.get(key):
            return kept
        if media == JSON and is_short(publication.catalogue, path, query):
            with suppress(duckdb.IOException):  # its file is gone: what is to be done then is said below
                return self._found_at_once(publication, key)
        return await self._asked_once(publication, key, began_in)

    def _found_at_once(self, publication: Publication, key: Key) -> Answer:
        """The answer to a question so short that the way to a thread and back would take as long."""
        answer = self._found_in(publication, publication.at_once, key)
        publication.cache.put(key, answer)
        return answer

    async def _asked_once(self, publication: Publication, key: Key, began_in: str | None) -> Answer:
        """The answer of a question that is put to DuckDB once, however many ask it at the same time."""
        same = (publication, key)
        if same not in self._asked:
            task = asyncio.create_task(self._found(publication, key))
            self._asked[same] = task
            task.add_done_callback(lambda _: self._asked.pop(same, None))
        try:
            with self.publications.reading(publication):  # also before the task begins
                return await asyncio.shield(self._asked[same])
        except duckdb.IOException:
            await self.watcher.look()
            if self.publications.current is publication:
                raise unavailable("a file of this table cannot be read", "`songify doctor` says which.") from None
            if began_in:  # its files are gone already, however short they are kept
                raise _gone(key[0]) from None
            return await self._asked_once(self.current(), key, None)

    async def _found(self, publication: Publication, key: Key) -> Answer:
        with self.publications.reading(publication):
            answer = await self.threads.ask(
                publication, lambda connection: self._found_in(publication, connection, key)
            )
            if key[0] not in OF_THE_HOME:
                publication.cache.put(key, answer)
            return answer

    def _found_in(self, publication: Publication, connection: duckdb.DuckDBPyConnection, key: Key) -> Answer:
        """The answer to a key, in any thread."""
        (path, query, media), catalogue = key, publication.catalogue
        if path == DESCRIPTION:
            return described(catalogue)
        asked = parameters(query)
        if media != HTML:
            try:
                return answered(catalogue, connection, path, asked, media)
            except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.BinderException) as error:
                what = str(error).splitlines()[0]
                raise Problem(HTTPStatus.BAD_REQUEST, what, where=path, remedy="Correct the values.") from None
        html = render(path, dict(asked), connection, self.home)
        if html is None:
            raise not_there(path, "there is no such page", "/ is the first one.")
        return page_answer(catalogue, html)

    def close(self) -> None:
        """Ends threads and closes publications."""
        self.watcher.close()
        self.threads.close()
        self.publications.close()


def _media(path: str, query: str, accept: str) -> str:
    """The media type of an answer; only rows come in several."""
    if path == DESCRIPTION:
        return JSON
    if not path.startswith("/v1/"):
        return HTML
    form = dict(parameters(query)).get("format") if may_say("format", query) else None
    return accepted(accept, form)


def _gone(path: str) -> Problem:
    what = "the publication in which these pages began is no longer there"
    return Problem(HTTPStatus.GONE, what, where=path, remedy="Begin anew without `after`.")
