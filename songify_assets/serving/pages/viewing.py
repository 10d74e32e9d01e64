"""Films: the six answers month by month, what was watched, and the users."""

from collections.abc import Mapping

from songify_assets.serving.pages import answers, engagement
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Filter, Page, Part, Section, Source, Table, Words
from songify_assets.serving.pages.published import Published, chosen

TOP = 20
WINDOWS = ("28", "7", "90")


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page; the address says the month and the days of the funnels."""
    months, days = published.months("viewing.answers"), int(chosen(query.get("days"), WINDOWS) or 28)
    month = chosen(query.get("month"), months)
    filters = [
        *([Filter("month", "Month", [(one, one) for one in months], month or "")] if months else []),
        Filter("days", "Funnels of the last", [(one, f"{one} days") for one in WINDOWS], str(days)),
    ]
    sections = [_answers(published, month, months), *([_films(published, month)] if month else [])]
    sections += engagement.sections(published, "viewing", days)
    return Page("Viewing", "Films: what was watched, how long, and by whom.", sections, filters)


def _answers(published: Published, month: str | None, months: list[str]) -> Section:
    if month is None:
        return Section(
            "answers", "The six answers", [Words("No streams were loaded yet: deliver some, then type", "songify load")]
        )
    rows = {one: {row["question"]: row for row in answers.of_month(published, one)} for one in months}
    questions = list(rows[month])
    table = Table(
        "The six answers, month by month",
        ["month", *(question.replace("_", " ") for question in questions)],
        [
            [Cell(one, tone="whole"), *(Cell(answers.shown(of[q]["value"], of[q]["unit"]), is_number=True) if q in of else Cell("", is_number=True) for q in questions)]
            for one, of in rows.items()
        ],
    )  # fmt: skip
    sources = [
        Source(f"{question}: {answers.meaning(row['sql'])}", row["sql"]) for question, row in rows[month].items()
    ]
    parts: list[Part] = [answers.facts(published, month), table, *sources]
    return Section("answers", f"The six answers, {month}", parts, published.as_of("viewing.answers"))


def _films(published: Published, month: str) -> Section:
    rows = published.ask(
        """SELECT coalesce(any_value(m.title), any_value(s.movie_title)) AS title, count(*) AS streams, count(DISTINCT s.user_key) AS users,
                  median(s.duration_s) AS median_s, max(count(*)) OVER () AS most
           FROM viewing.streams s LEFT JOIN viewing.movies m USING (movie_key)
           WHERE s.stream_date >= CAST(? AS DATE) AND s.stream_date < CAST(? AS DATE) + INTERVAL 1 MONTH GROUP BY movie_key ORDER BY streams DESC, title LIMIT ?""",
        f"{month}-01", f"{month}-01", TOP,
    )  # fmt: skip
    table = Table(
        f"The {TOP} films with the most streams in {month}",
        ["film", "streams", "users", "median stream"],
        [
            [f.text(r["title"]), f.barred(f.count(r["streams"]), r["streams"] / r["most"]), f.count(r["users"]), f.seconds(r["median_s"])]
            for r in rows
        ],
        f"Nothing was watched in {month}.",
    )  # fmt: skip
    return Section("films", "What was watched", [table], published.as_of("viewing.streams"))
