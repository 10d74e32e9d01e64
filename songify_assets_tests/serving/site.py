"""The pages of a home on a port of this machine, as a browser gets them."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from songify_assets.serving.pages import render
from songify_assets_tests.house.tree import PACKAGE
from songify_assets_tests.servers import HOST, free_port


@contextlib.contextmanager
def site(home: Path, exports: Path | None = None) -> Iterator[str]:
    """The address of the pages, while the context lasts; files of `exports` can be downloaded."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:

        def page(request: Request) -> Response:
            found = render(request.url.path, dict(request.query_params), warehouse.cursor(), home)
            return HTMLResponse(found or "There is no such page.", 200 if found else 404)

        mounts = [Mount("/static", StaticFiles(directory=PACKAGE / "serving" / "static"))]
        mounts += [Mount("/exports", StaticFiles(directory=exports))] if exports else []
        app = Starlette(routes=[*mounts, Route("/{path:path}", page)])
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(app, HOST, port, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, name="site", daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        try:
            yield f"http://{HOST}:{port}"
        finally:
            server.should_exit = True
            thread.join()
