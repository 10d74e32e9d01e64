"""A page a table: its columns and what they mean, where it comes from, how fresh it is, its checks, a look at its rows, downloads."""

from collections.abc import Mapping, Sequence

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import AsOf, Cell, Facts, Links, Page, Part, Section, Table, Words
from songify_assets.serving.pages.published import Column, Published, quoted
from songify_assets.settings import load_settings

PREVIEW = 50
META = "meta"
FORMS = (("CSV", "csv"), ("Arrow", "arrow"), ("Parquet", "parquet"))
IS_NULL = ".is"


def index(published: Published, query: Mapping[str, str]) -> Page:
    """All tables, by schema."""
    schemas: dict[str, list[str]] = {}
    for name in published.tables:
        schemas.setdefault(name.split(".", 1)[0], []).append(name)
    sections = [Section(schema, schema, [_listed(published, schema, names)]) for schema, names in schemas.items()]
    return Page(
        "Tables",
        "Every table of the warehouse: what a row of it is, how many there are, and how far it reaches.",
        sections,
    )


def _listed(published: Published, schema: str, names: Sequence[str]) -> Table:
    rows = [
        [
            f.link(name.split(".", 1)[1], f.table_address(name)),
            f.text(published.tables[name] or _of_history(name)),
            *_state(published, name),
        ]
        for name in names
    ]
    return Table(f"Tables of {schema}", ["table", "a row is", "rows", "through", "complete"], rows)


def _of_history(name: str) -> str:
    return (
        "A version of a record: from when until when it was so."
        if name.endswith("_history")
        else "The last known version of a record, deleted ones too."
    )


def _state(published: Published, name: str) -> list[Cell]:
    state = published.states.get(name)
    if state is None:
        return [f.count(None), Cell(f.NONE), Cell(f.NONE)]
    return [f.count(state.rows), f.day(state.through), Cell("yes") if state.is_complete else Cell("no", tone="warn")]


def page(table: str, published: Published, query: Mapping[str, str]) -> Page | None:
    """A table; `column=value` and `column.is=null` in the address choose the rows that are shown and downloaded."""
    if not published.has(table):
        return None
    columns = published.columns(table)
    filters = {
        name: value
        for name, value in query.items()
        if name in {c.name for c in columns} or _null(name, value) in {c.name for c in columns}
    }
    sections = [
        _freshness(published, table),
        Section("columns", "Columns", [_columns(columns)]),
        *_lineage(published, table),
        _checks(published, table),
        _preview(published, table, columns, filters, [name for name in query if name not in filters]),
    ]
    return Page(table, published.tables[table] or _of_history(table), sections)


def _null(name: str, value: str) -> str | None:
    return name.removesuffix(IS_NULL) if name.endswith(IS_NULL) and value == "null" else None


def _freshness(published: Published, table: str) -> Section:
    state = published.states.get(table)
    if state is None:
        return Section(
            "freshness",
            "Freshness",
            [
                Words(
                    "It tells of the publication itself."
                    if table.startswith(META)
                    else "It is made anew with each publication."
                )
            ],
        )
    whole = "yes" if state.is_complete else "no"
    facts = [
        ("Rows", f"{state.rows:,}" if state.rows is not None else f.NONE, ""),
        (
            "Through",
            str(state.through) if state.through else "whole",
            "its newest day, week or month" if state.through else "it has no days of its own",
        ),
        ("Complete", whole, "nothing up to there failed or is held" if state.is_complete else "see the data health"),
        ("Published", f.instant(published.published_at), ""),
    ]
    return Section("freshness", "Freshness", [Facts(facts)])


def _columns(columns: Sequence[Column]) -> Table:
    rows = [
        [Cell(column.name, is_code=True), Cell(column.type.lower()), f.text(column.means or None)] for column in columns
    ]
    return Table("Its columns", ["column", "type", "means"], rows)


def _lineage(published: Published, table: str) -> list[Section]:
    """What the table is computed from and what is computed from it, where the publication tells."""
    if not published.has("meta.lineage"):
        return []
    above = published.ask('SELECT reads AS other, how FROM meta.lineage WHERE "table" = ? ORDER BY 1', table)
    below = published.ask('SELECT "table" AS other, how FROM meta.lineage WHERE reads = ? ORDER BY 1', table)
    parts = [
        Table("It is computed from", ["table", "of it"], [[_other(published, row["other"]), Cell(row["how"])] for row in above], "It is computed from nothing else."),
        Table("It is read by", ["table", "of it"], [[_other(published, row["other"]), Cell(row["how"])] for row in below], "Nothing else is computed from it."),
    ]  # fmt: skip
    return [Section("lineage", "Where it comes from", parts)]


def _other(published: Published, name: str) -> Cell:
    return (
        f.link(name, f.table_address(name))
        if published.has(name)
        else Cell(name, detail="as delivered" if name.startswith("raw.") else "")
    )


def _checks(published: Published, table: str) -> Section:
    ui = f"{load_settings().ui_url.rstrip('/')}/assets/{table.replace('.', '/', 1)}?view=checks"
    parts: list[Part] = []
    if published.has("meta.checks"):
        rows = published.ask(
            'SELECT "check", description, is_blocking FROM meta.checks WHERE "table" = ? ORDER BY 1', table
        )
        cells = [
            [
                Cell(row["check"], is_code=True),
                f.text(row["description"]),
                Cell("holds back what follows" if row["is_blocking"] else "tells"),
            ]
            for row in rows
        ]
        parts.append(
            Table("What must be true of it", ["check", "means", "if it fails"], cells, "It has no checks of its own.")
        )
    return Section("checks", "Checks", [*parts, Links([("How its checks went, day by day (web UI)", ui)])])


def _preview(
    published: Published, table: str, columns: Sequence[Column], filters: Mapping[str, str], unknown: Sequence[str]
) -> Section:
    conditions, values = list[str](), list[str]()
    for name, value in filters.items():
        if column := _null(name, value):
            conditions.append(f"{quoted_column(column)} IS NULL")
        else:
            conditions.append(f"CAST({quoted_column(name)} AS VARCHAR) = ?")
            values.append(value)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = published.ask(f"SELECT * FROM {quoted(table)}{where} LIMIT ?", *values, PREVIEW)
    of = f", where {' and '.join(f'{name} = {value}' for name, value in filters.items())}" if filters else ""
    shown = Table(
        f"{'The first ' if len(rows) == PREVIEW else ''}{len(rows)} rows{of}", [column.name for column in columns],
        [[f.value(cell) for cell in row.values()] for row in rows], f"No rows{of}.", row_headings=0,
    )  # fmt: skip
    links = Links([(f"Download as {name}", f.download_address(table, form, filters)) for name, form in FORMS])
    as_of: AsOf | None = published.as_of(table)
    told = [Words(f"No column is called {' or '.join(unknown)}, so rows are not chosen by it.")] if unknown else []
    return Section(
        "rows",
        "Rows",
        [*told, links, shown],
        as_of,
        "Add column=value to the address to choose rows, here and for the download.",
    )


def quoted_column(name: str) -> str:
    """A column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'
