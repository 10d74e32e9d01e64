"""`songify demo`."""

import os
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from songify_assets.cli.serve import PAGES_PORT
from songify_assets.cli.session import session
from songify_assets.cli.terminal import say
from songify_assets.settings import Settings, load_settings

DAYS, FIRST_DAY, SEED = 4, date(2021, 12, 24), 7
SOURCES = ("viewing", "vendor", "royalties")
SOURCES_TODAY = ("viewing", "royalties")  # the vendor's next dump would lack what it lost in the years between
LISTENING_DAYS, PLAYLIST_DAYS, MONEY_DAYS = 28, 3, 14
MONEY = ("subscriptions", "payments", "marketing")
LIVE_RATE, LIVE_SECONDS = 30_000, 2  # events a minute
MONTH = FIRST_DAY.strftime("%Y-%m")
TABLES = (
    (
        f"Whom the shops pay for {MONTH}",
        f"""WITH shares AS (FROM royalties.market_share WHERE month = DATE '{MONTH}-01')
            SELECT country, coalesce(licensor, 'unknown') AS licensor, plays, format('{{:.1f}}%', 100 * share) AS "market share"
            FROM shares
            WHERE country IN (SELECT country FROM shares GROUP BY 1 ORDER BY max(country_plays) DESC LIMIT 1)
            ORDER BY plays DESC""",
    ),
    (
        "Who comes back to listen: of the users of a first week, those active in later weeks (… not complete)",
        """SELECT cohort AS "first week", cohort_size AS users,
                  string_agg(format('{:.0f}%', 100 * retention) || if(is_complete, '', '…'), '  ' ORDER BY period) AS "weeks 0, 1, 2 …"
           FROM engagement.cohort_retention WHERE product = 'listening' GROUP BY ALL ORDER BY ALL""",
    ),
    (
        "How far they get: funnels of the last 28 days",
        """SELECT funnel, step_name AS step, entered, converted AS "went on", dropped, open,
                  format('{:.0f}%', 100 * completion) AS completion, format('{:.0f} min', p50_s / 60) AS "half within"
           FROM engagement.funnel_totals WHERE product = 'listening' AND days = 28 ORDER BY funnel, funnel_totals.step""",
    ),
    (
        "Which recordings the videos of the playlists are",
        """SELECT state, count(*) AS videos, any_value(title) AS "such as", any_value(evidence) AS because
           FROM playlists.recording_matches JOIN playlists.videos USING (video_id) GROUP BY state ORDER BY videos DESC""",
    ),
    (
        "Who logged in meanwhile, as counted live and as landed",
        """SELECT coalesce(country, 'unknown') AS country, sum(live_events)::BIGINT AS "counted live", sum(batch_events)::BIGINT AS landed,
                  bool_and(is_equal) AS equal
           FROM live.parity WHERE stream = 'logins' GROUP BY ALL ORDER BY landed DESC, country""",
    ),
    (
        "What moved recurring revenue in the newest month, in minor units",
        """SELECT currency, opening_minor AS opening, new_minor AS new, expansion_minor + reactivation_minor AS "more, back",
                  -contraction_minor - churn_minor AS "less, gone", closing_minor AS closing, closing_customers AS customers
           FROM subscriptions.mrr WHERE month = (SELECT max(month) FROM subscriptions.mrr) ORDER BY currency""",
    ),
    (
        "What was paid and what was not, at each level",
        """SELECT level, side, count(*) FILTER (state = 'matched') AS matched, count(*) FILTER (state = 'timing') AS "may still come",
                  count(*) FILTER (days_open IS NOT NULL AND state <> 'timing') AS exceptions,
                  min(item_key) FILTER (state = 'duplicate') AS "charged twice"
           FROM payments.items GROUP BY ALL ORDER BY ALL""",
    ),
    (
        "Which channels deserve the sales of the newest month: return on cost by model",
        """SELECT channel, any_value(cost_minor) AS cost, round(any_value(roas) FILTER (model = 'first_touch'), 2) AS "first touch",
                  round(any_value(roas) FILTER (model = 'linear'), 2) AS linear, round(any_value(roas) FILTER (model = 'markov'), 2) AS markov
           FROM marketing.attribution
           WHERE currency = 'SEK' AND cost_minor > 0 AND month = (SELECT max(month) FROM marketing.attribution)
           GROUP BY channel ORDER BY channel""",
    ),
)
DEFECTS = {"late": 0.05, "unknown": 0.02, "unparseable": 0.01, "impossible": 0.005, "duplicate": 0.01}


def demo(
    ui: Annotated[bool, typer.Option("--ui", help="Then keep the web UI and the pages up.")] = False,
    port: Annotated[int, typer.Option(help="Port of the web UI.")] = 3000,
    pages_port: Annotated[int, typer.Option(help="Port of the pages.")] = PAGES_PORT,
) -> None:
    """Write a few days of sample drops, serve them by FTP, load everything, print the answers, and say where to look next."""
    home = load_settings().home / "demo"
    shutil.rmtree(home, ignore_errors=True)
    _load(home)
    say(_next_steps(home))
    if ui:
        say(
            f"\nThe pages come up on http://127.0.0.1:{pages_port}, the web UI on http://127.0.0.1:{port}; Ctrl-C ends both."
        )
        for name in [name for name in os.environ if name.startswith("SONGIFY_")]:
            del os.environ[name]
        from songify_assets.cli import web  # which `make dev` runs as a program: imported here it would be there twice

        web.serve(Settings(home=home), port, pages_port)


def _load(home: Path) -> None:
    from songify_assets.cli.answers import read_answers, show
    from songify_assets.cli.load import as_text, run_load
    from songify_assets.generator import generate
    from songify_assets.generator.ftp_server import serve as serve_drops

    drops, settings = home / "sample-drops", demo_settings(home, "")
    say(f"1. Writing {DAYS} days of sample drops with some defects, and some up to today, to {drops}")
    today = datetime.now(settings.zone).date()
    written = (
        (FIRST_DAY, DAYS, SOURCES, DEFECTS),
        (today, 1, SOURCES_TODAY, DEFECTS),
        (today - timedelta(days=LISTENING_DAYS - 1), LISTENING_DAYS, ("listening",), DEFECTS),
        (today - timedelta(days=PLAYLIST_DAYS - 1), PLAYLIST_DAYS, ("playlists",), DEFECTS),
        (
            today - timedelta(days=MONEY_DAYS - 1),
            MONEY_DAYS,
            MONEY,
            None,
        ),  # files so small that one bad row is a twentieth
    )
    for first_day, days, sources, defects in written:
        generate(drops, days=days, scale=1, seed=SEED, first_day=first_day, sources=sources, defects=defects)
    say("2. Sending two seconds of logins and step times to `songify live`, which counts them at once")
    _send_live(home)
    with serve_drops(drops, "songify", "demo") as served:
        say(f"3. Serving them by FTP on 127.0.0.1:{served} and loading them, as a vendor's server would deliver them")
        with session(demo_settings(home, f"ftp://songify:demo@127.0.0.1:{served}")) as opened:
            report = run_load(opened, [])
    say(as_text(report))
    say("\n4. What the business asked\n")
    show(read_answers(home, MONTH))
    for title, query in TABLES:
        _show(home, title, query)


def _send_live(home: Path) -> None:
    """Sends events to a `songify live` of its own; what it counted and what has landed must be equal after the load."""
    from songify_assets.generator.live_sender import send

    kept = {name: value for name, value in os.environ.items() if not name.startswith("SONGIFY_")}
    command = [sys.executable, "-m", "songify_assets", "live", "--port", "0"]
    environment = {**kept, "SONGIFY_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as live:
        said = live.stderr.readline().strip() if live.stderr else ""
        if said.startswith("songify live: http://"):
            send(said.removeprefix("songify live: "), LIVE_RATE, lambda _: None, seconds=LIVE_SECONDS, seed=SEED)
        else:
            say(f"   It did not come up ({said}); the rest goes on.")
        live.terminate()


def demo_settings(home: Path, drops_url: str) -> Settings:
    """The defaults, whatever the user's own settings are: a demo must not touch the user's servers."""
    defaults = {
        name: field.get_default() for name, field in Settings.model_fields.items() if name not in ("home", "drops_url")
    }
    return Settings(home=home, drops_url=drops_url, **defaults)


def _show(home: Path, title: str, query: str) -> None:
    import duckdb
    from rich.console import Console
    from rich.table import Table

    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        answer = connection.execute(query)
        table = Table(*(column[0] for column in answer.description or ()), title=title, title_justify="left")
        for row in answer.fetchall():
            table.add_row(*("" if value is None else str(value) for value in row))
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _next_steps(home: Path) -> str:
    script = Path(sys.executable).with_name("songify")
    songify = _shown(script) if script.exists() else f"{_shown(sys.executable)} -m songify_assets"
    steps = [
        (f"{songify} status", "every dataset: newest partition, failed checks, quarantine"),
        (f"{songify} answers --sql", "the answers with the SQL behind them"),
        (f"{songify} quarantine list", "what was refused, and why"),
        (f"{songify} demo --ui", "the same once more, then these pages, and the web UI on http://127.0.0.1:3000"),
    ]
    width = max(len(command) for command, _ in steps)
    return "\n".join(
        [
            "\nWhat to type next:\n",
            f"  export SONGIFY_HOME={_shown(home)}",
            *(f"  {command:{width}}   # {says}" for command, says in steps[:-1]),
            f"\n  unset SONGIFY_HOME; {steps[-1][0]}   # {steps[-1][1]}",
            f"\nAll tables are in {_shown(home / 'warehouse.duckdb')}, for any DuckDB; the month's shares as CSV and Excel in",
            f"{_shown(home / 'exports')}. To load your own files, see the README.",
            f"To look at pages, type `{songify} serve` and open http://127.0.0.1:{PAGES_PORT}",
        ]
    )


def _shown(path: str | Path) -> str:
    """A path as short as it can be written from here."""
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
