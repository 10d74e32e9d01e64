"""What Postgres has no room for, and values that it lacks: tables of our own, published straight."""

from datetime import UTC
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg2
import pytest

from songify_assets.errors import SongifyError
from songify_assets.orchestration.publish.postgres import publishing
from songify_assets_tests.deploy.postgres import postgres
from songify_assets_tests.deploy.test_serving_postgres import asked

pytestmark = pytest.mark.long


def test_a_server_whose_disk_is_full_is_told_and_has_the_old_state(tmp_path: Path):
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as db:
        db.execute("CREATE SCHEMA big; CREATE TABLE big.small AS SELECT 1 AS n")
    with postgres(file_bytes=24 << 20) as small:  # the log of a server has files of 16 MiB
        url = small.new_database("full")
        publishing.publish(url, warehouse, {}, {}, {})
        with duckdb.connect(str(warehouse)) as db:
            db.execute("CREATE TABLE big.large AS SELECT i, repeat('x', 100) AS text FROM range(400_000) AS t(i)")
            db.execute("UPDATE big.small SET n = 2")
        with pytest.raises(SongifyError, match="its disk is full"):
            publishing.publish(url, warehouse, {}, {}, {})
        connection = psycopg2.connect(url.replace("+psycopg2", ""))
        assert asked(connection, "SELECT n FROM big.small") == [(1,)]
        assert asked(connection, "SELECT to_regclass('big.large')") == [(None,)]
        connection.close()


def test_values_that_postgres_lacks_come_in_its_own_way(tmp_path: Path):
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as db:
        db.execute("CREATE SCHEMA odd")
        db.execute(
            """CREATE TABLE odd."a b" AS SELECT 18446744073709551615::UBIGINT AS big, 1.50::DECIMAL(9, 2) AS exact, 'a' || chr(0) AS nul,
               [{'x': 1, 'y': 'é"'}] AS nested, ['a', NULL, 'b,c'] AS texts, 'NaN'::DOUBLE AS nan, 7::UTINYINT AS tiny,
               from_hex('aa') AS bytes, TIMESTAMPTZ '2021-12-01 10:00:00.123456+01' AS at, NULL::VARCHAR AS nothing"""
        )
    with postgres() as server:
        url = server.new_database("odd")
        publishing.publish(url, warehouse, {}, {}, {})
        connection = psycopg2.connect(url.replace("+psycopg2", ""))
        [row] = asked(connection, 'SELECT * FROM odd."a b"')
        connection.close()
    assert row[:5] == (Decimal(2**64 - 1), Decimal("1.50"), "a", [{"x": 1, "y": 'é"'}], ["a", None, "b,c"])
    assert str(row[5]) == "nan"
    assert (row[6], bytes(row[7]), row[8].astimezone(UTC).isoformat(), row[9]) == (
        7,
        b"\xaa",
        "2021-12-01T09:00:00.123456+00:00",
        None,
    )
