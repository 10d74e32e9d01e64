"""A Postgres that holds what the warehouse holds after each load, whole or not at all."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from songify_assets.definitions import CATALOG
from songify_assets.orchestration.publish.postgres import publishing
from songify_assets_tests.deploy.postgres import Postgres, postgres
from songify_assets_tests.home import Home, new_home, plain_environment, plays
from songify_assets_tests.in_process import InProcess
from songify_assets_tests.nights import deliver, nights
from songify_assets_tests.servers import HOST, free_port

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_core")]
SETTING = "SONGIFY_POSTGRES_URL"
FIRST = date(2021, 12, 1)
TABLES = """SELECT schema_name, table_name FROM duckdb_tables()
            UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as started:
        yield started


@pytest.fixture
def database(server: Postgres, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A connection to a database of its own, in which each statement stands for itself."""
    name = f"d{abs(hash(request.node.name))}"
    server.new_database(name)
    connection = psycopg2.connect(libpq(server, name))
    connection.autocommit = True
    yield connection
    connection.close()


def libpq(server: Postgres, name: str) -> str:
    return server.url(name).replace("+psycopg2", "")


def url_of(database: Any) -> str:
    told = database.get_dsn_parameters()
    return f"postgresql://{told['user']}@{told['host']}:{told['port']}/{told['dbname']}"


def asked(database: Any, sql: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def plain(value: Any) -> Any:
    """A value as both databases have it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in sorted(value.items())}
    return [plain(one) for one in value] if isinstance(value, list) else value


def assert_same(home: Home | InProcess, database: Any) -> None:
    """Each table of the warehouse is in Postgres, with the same columns and rows, and no other is."""
    ask: Callable[[str], list[tuple[Any, ...]]] = home.rows if isinstance(home, Home) else home.ask
    tables = ask(TABLES)
    of_schemas = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'public')"
    assert sorted(asked(database, of_schemas)) == sorted(tables)
    for schema, table in tables:
        columns = [row[0] for row in ask(f'DESCRIBE "{schema}"."{table}"')]
        listed = ", ".join(f'"{column}"' for column in columns)
        rows, served = (
            ask(f'SELECT {listed} FROM "{schema}"."{table}"'),
            asked(database, f'SELECT {listed} FROM "{schema}"."{table}"'),
        )
        one, other = (sorted(repr([plain(value) for value in row]) for row in some) for some in (rows, served))
        assert one == other, f"{schema}.{table}"


def test_it_holds_what_the_warehouse_holds_after_each_night(tmp_path: Path, database: Any):
    home = new_home(tmp_path / "home")
    home.env[SETTING] = url_of(database)
    for day in nights(FIRST, 3):
        deliver(home, day)
        assert home.load()["exit_status"] in (0, 1)
        assert_same(home, database)
    keyed = asked(database, "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'p'")
    assert {name.replace('"', "").replace(".", "/") for (name,) in keyed} >= set(CATALOG.keys)
    comment = "SELECT obj_description('royalties.plays'::regclass), col_description('royalties.plays'::regclass, 1)"
    assert all(asked(database, comment)[0])
    indexed = {row[0] for row in asked(database, "SELECT indexdef FROM pg_indexes WHERE tablename = 'plays'")}
    assert any("(play_date)" in one for one in indexed)


def test_only_partitions_that_changed_are_replaced(tmp_path: Path, database: Any):
    home = new_home(tmp_path / "home")
    home.env[SETTING] = url_of(database)
    for day in nights(FIRST, 2):
        deliver(home, day)
        home.load()
    written = "SELECT play_date::text, min(xmin::text::bigint) FROM royalties.plays GROUP BY 1"
    before = dict(asked(database, written))
    home.deliver("royalties", str(FIRST), "plays.csv", plays("dk,a,61000"))
    home.load("--source", "royalties")
    after = dict(asked(database, written))
    second = str(FIRST + timedelta(days=1))
    assert after[second] == before[second]
    assert after[str(FIRST)] > before[str(FIRST)]
    assert_same(home, database)


@pytest.fixture
def loaded(product: InProcess, database: Any, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """The product with a day of plays, in Postgres too."""
    monkeypatch.setenv(SETTING, url_of(database))
    product.deliver("royalties", FIRST, "plays.csv", plays("se,a,60000"))
    assert product.load().exit_status == 0
    assert_same(product, database)
    return product


def test_a_column_that_is_new_comes_by_itself_and_one_that_would_be_lost_holds_its_table_only(
    loaded: InProcess, database: Any
):
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE royalties.plays DROP COLUMN track_id")
        cursor.execute("ALTER TABLE royalties.market_share ADD COLUMN ours text")
        cursor.execute("ALTER TABLE royalties.market_share_daily ALTER COLUMN plays TYPE text")
    loaded.deliver("royalties", FIRST, "plays.csv", plays("se,a,60000", "se,b,60000"))
    report = loaded.load()
    assert report.exit_status == 1
    said = " ".join(report.outcome.failures)
    assert "royalties/market_share: its column ours is gone" in said
    assert "royalties/market_share_daily: its column plays is bigint now, and text in Postgres" in said
    assert asked(database, "SELECT track_id FROM royalties.plays ORDER BY 1") == [("a",), ("b",)]
    with database.cursor() as cursor:
        cursor.execute("DROP TABLE royalties.market_share, royalties.market_share_daily")
    assert loaded.load().exit_status == 0
    assert_same(loaded, database)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://nobody:s3cret@{host}:{port}/postgres", "does not take this user and password"),
        ("postgresql://songify:s3cret@{host}:{port}/nothing", "has no such database"),
        ("postgresql://songify:s3cret@{host}:{free}/postgres", "cannot be reached"),
        ("postgresql+psycopg2://songify:s3cret@no-such-host.invalid/postgres", "cannot be reached"),
    ],
)
def test_a_server_that_does_not_take_us_is_told_and_the_warehouse_is_published(
    product: InProcess, server: Postgres, url: str, says: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(SETTING, url.format(host=HOST, port=server.port, free=free_port()))
    product.deliver("royalties", FIRST, "plays.csv", plays("se,a,60000"))
    report = product.load()
    [failure] = report.outcome.failures
    assert report.exit_status == 1
    assert says in failure
    assert "s3cret" not in failure
    assert product.ask("SELECT count(*) FROM royalties.plays") == [(1,)]
    monkeypatch.delenv(SETTING)
    assert product.load().exit_status == 0


def held(database: Any) -> Any:
    """A session that holds a table."""
    holder = psycopg2.connect(database.dsn)
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE royalties.plays IN ACCESS EXCLUSIVE MODE")
    return holder


def waiting(database: Any) -> list[int]:
    """The server's processes that wait for a lock."""
    sql = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return [pid for (pid,) in asked(database, sql)]


def wait_for(found: Callable[[], Any]) -> Any:
    for _ in range(3000):
        if told := found():
            return told
        time.sleep(0.1)
    raise AssertionError("it never came")


def test_a_table_that_somebody_holds_is_told_and_nothing_is_half_published(
    loaded: InProcess, database: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(publishing, "LOCK_TIMEOUT_S", 1)
    before = asked(database, "SELECT count(*) FROM royalties.plays")
    published = asked(database, "SELECT count(*) FROM meta.publications")
    holder = held(database)
    loaded.deliver("royalties", FIRST, "plays.csv", plays("se,a,60000", "se,b,60000"))
    [failure] = loaded.load().outcome.failures
    assert "another session holds a table" in failure
    holder.close()
    assert asked(database, "SELECT count(*) FROM royalties.plays") == before
    assert asked(database, "SELECT count(*) FROM meta.publications") == published
    assert loaded.load().exit_status == 0
    assert_same(loaded, database)


def test_a_server_that_goes_away_in_the_middle_is_told_and_has_the_old_state(loaded: InProcess, database: Any):
    before = asked(database, "SELECT * FROM royalties.plays")
    holder, reports = held(database), list[Any]()
    loaded.deliver("royalties", FIRST, "plays.csv", plays("se,a,60000", "se,b,60000"))
    loading = threading.Thread(target=lambda: reports.append(loaded.load()))
    loading.start()
    [pid] = wait_for(lambda: waiting(database))
    asked(database, f"SELECT pg_terminate_backend({pid})")
    loading.join()
    holder.close()
    [failure] = reports[0].outcome.failures
    assert "it went away in the middle" in failure
    assert asked(database, "SELECT * FROM royalties.plays") == before
    assert loaded.load().exit_status == 0
    assert_same(loaded, database)


def test_a_load_that_is_killed_in_the_middle_leaves_the_old_state_and_the_next_one_goes_on(
    tmp_path: Path, database: Any
):
    home = new_home(tmp_path / "home")
    home.env[SETTING] = url_of(database)
    home.deliver("royalties", str(FIRST), "plays.csv", plays("se,a,60000"))
    home.load()
    before, holder = asked(database, "SELECT * FROM royalties.plays"), held(database)
    home.deliver("royalties", str(FIRST), "plays.csv", plays("se,a,60000", "se,b,60000"))
    env = {**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0", **home.env}
    load = subprocess.Popen([sys.executable, "-m", "songify_assets", "load"], env=env, cwd=home.path)
    [pid] = wait_for(lambda: waiting(database))
    load.send_signal(signal.SIGKILL)
    load.wait()
    holder.close()
    wait_for(lambda: not asked(database, f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"))
    assert asked(database, "SELECT * FROM royalties.plays") == before
    home.load()
    assert_same(home, database)


def test_a_postgres_that_is_named_later_gets_everything_with_the_next_load(
    product: InProcess, database: Any, monkeypatch: pytest.MonkeyPatch
):
    product.deliver("royalties", FIRST, "plays.csv", plays("se,a,60000"))
    product.load()
    monkeypatch.setenv(SETTING, url_of(database))
    assert product.load().exit_status == 0
    assert_same(product, database)


@pytest.mark.parametrize(
    "url", ["db.example.com/songify", "mysql://me:s3cret@db/songify", "postgresql://me:s3cret@db:port/songify"]
)
def test_an_address_that_is_none_is_told_without_its_password(tmp_path: Path, url: str):
    told = new_home(tmp_path / "home").songify("load", SONGIFY_POSTGRES_URL=url)
    assert told.status == 2
    assert "SONGIFY_POSTGRES_URL: is not an address such as postgresql://" in told.text
    assert "s3cret" not in told.text
