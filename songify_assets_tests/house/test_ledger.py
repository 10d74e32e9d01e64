"""The ledger speaks in functions: its tables are known to its own room alone."""

import re

from songify_assets_tests.house.tree import PACKAGE

TABLES = re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", (PACKAGE / "foundation/ledger/schema.py").read_text("utf-8"))
SQL = re.compile(rf"\b(?:FROM|INTO|UPDATE)\s+(?:{'|'.join(TABLES)})\b")


def test_no_sql_over_the_tables_of_the_ledger_stands_outside_of_it() -> None:
    assert len(TABLES) == 14
    own = PACKAGE / "foundation/ledger"
    others = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if own not in path.parents}
    assert {str(path): match.group() for path, text in others.items() if (match := SQL.search(text))} == {}
