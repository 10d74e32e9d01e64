"""What can be asked, as OpenAPI 3.1: FastAPI writes it from these routes and models; the front answers them (decision 34)."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from songify_assets.serving.catalogue import Catalogue, Table
from songify_assets.serving.description_parameters import AS_OF, described_parameters, described_row
from songify_assets.serving.forms import ARROW, CSV, JSON, PARQUET
from songify_assets.serving.problems import MEDIA_TYPE
from songify_assets.serving.questions import HISTORY, NAMED, TABLES

BINARY = {"schema": {"type": "string", "format": "binary"}}
ABOUT = """The published warehouse, read-only.

**Filters**: `column=value`, `column.ne`, `.gt`, `.gte`, `.lt`, `.lte`, `column.in=a,b`, `column.is=null`; all of them hold.
`columns=a,b` chooses columns. **Pages**: follow `next` (also `Link: rel="next"`) until it is null; a sequence stays in the
publication in which it began, and answers 410 when that is older than the previous one. **Forms**: `Accept`, or
`format=json|csv|arrow|parquet`. **Freshness** is in `Songify-Published-At`, `Songify-Through` and `Songify-Complete` of every
answer; send `If-None-Match` to hear 304 while the rows are the same."""
ERRORS = {
    HTTPStatus.UNAUTHORIZED: "No key, or one that is not known.",
    HTTPStatus.FORBIDDEN: "The key is not for reading.",
    HTTPStatus.TOO_MANY_REQUESTS: "More requests a second than the key may send.",
    HTTPStatus.SERVICE_UNAVAILABLE: "It cannot be answered now.",
}
OF_ROWS = {
    HTTPStatus.BAD_REQUEST: "A parameter is wrong; the columns that there are.",
    HTTPStatus.NOT_FOUND: "There is no such table.",
    HTTPStatus.NOT_ACCEPTABLE: "There is no such form.",
    HTTPStatus.GONE: "The publication in which these pages began is no longer there.",
}


class Page(BaseModel):
    """Rows of a table."""

    data: list[dict[str, Any]]
    next: str | None
    published_at: datetime
    through: date | None
    complete: bool


class ProblemDocument(BaseModel):
    """What is wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    columns: list[str] | None = None


class Health(BaseModel):
    """That it can answer, and from which publication."""

    status: str
    publication: str
    published_at: datetime


def description(catalogue: Catalogue | None) -> bytes:
    """The document, with the columns of a publication as far as there is one."""
    app = FastAPI(title="Songify", version="1", description=ABOUT, openapi_url=None)
    known = catalogue.tables if catalogue else {}
    for path, name in NAMED.items():
        _route(app, path, f"Rows of {name}", known.get(name))
    _route(
        app, TABLES, "The tables, with columns, descriptions, key, rows and how far each reaches", None, is_list=True
    )
    _route(app, f"{TABLES}/{{schema}}/{{table}}", "Rows of a table", None, _places(known, ""))
    versions = _places(known, "_history")
    _route(
        app,
        f"{HISTORY}/{{schema}}/{{entity}}",
        "Versions of an entity that were valid on a day",
        None,
        [*versions, AS_OF],
    )
    _plain(app, "/v1/health", "Whether it can answer", JSON, Health)
    _plain(app, "/metrics", "What Prometheus reads", "text/plain", None)
    document = app.openapi()
    document["components"].setdefault("securitySchemes", {})["key"] = {"type": "http", "scheme": "bearer"}
    document["security"] = [{}, {"key": []}]
    return json.dumps(document).encode()


async def answered_by_the_front() -> None:
    """Stands for each route in the description."""


def _route(
    app: FastAPI,
    path: str,
    says: str,
    table: Table | None,
    places: list[dict[str, Any]] | None = None,
    is_list: bool = False,
) -> None:
    parameters = [*(places or []), *described_parameters(table, is_list)]
    row = described_row(table) if table else {"type": "object"}
    page = {"allOf": [{"$ref": "#/components/schemas/Page"}, {"properties": {"data": {"items": row}}}]}
    forms = {CSV: {"schema": {"type": "string"}}, ARROW: BINARY, PARQUET: BINARY}
    found = {"description": "The rows.", "content": {JSON: {"schema": page}, **forms}, "headers": _headers()}
    app.add_api_route(
        path,
        answered_by_the_front,
        response_model=Page,
        summary=says,
        description=table.description if table and table.description else says,
        operation_id=path.strip("/").replace("/", "_").replace("{", "").replace("}", ""),
        responses={
            200: found,
            304: {"description": "The rows are those of `If-None-Match`."},
            **_problems({**OF_ROWS, **ERRORS}),
        },
        openapi_extra={"parameters": parameters},
    )


def _plain(app: FastAPI, path: str, says: str, media: str, model: type[BaseModel] | None) -> None:
    content = {} if model else {media: {"schema": {"type": "string"}}}
    app.add_api_route(
        path,
        answered_by_the_front,
        response_model=model,
        summary=says,
        operation_id=path.strip("/").replace("/", "_"),
        responses={200: {"description": says, **({"content": content} if content else {})}, **_problems(ERRORS)},
    )


def _problems(told: Mapping[HTTPStatus, str]) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": ProblemDocument.model_json_schema()}}
    return {status.value: {"description": says, "content": content} for status, says in told.items()}


def _headers() -> dict[str, Any]:
    told = {
        "ETag": "Changes only when the rows do.",
        "Link": "The next page, if there is one.",
        "Songify-Published-At": "When the warehouse was swapped in.",
        "Songify-Through": "The newest date of the table's partitions.",
        "Songify-Complete": "false while a partition up to there is missing, failed or held.",
    }
    return {name: {"description": says, "schema": {"type": "string"}} for name, says in told.items()}


def _places(tables: Mapping[str, Table], ending: str) -> list[dict[str, Any]]:
    """The parameters of a path: the schemas and the names that there are."""
    pairs = [name.removesuffix(ending).split(".") for name in tables if name.endswith(ending)]
    kinds = {
        "schema": sorted({pair[0] for pair in pairs}),
        "table" if not ending else "entity": sorted({pair[1] for pair in pairs}),
    }
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", **({"enum": values} if values else {})},
        }
        for name, values in kinds.items()
    ]
