"""Files and functions that one can read in one go."""

import ast
from pathlib import Path
from statistics import median

from songify_assets_tests.house.tree import MODULES, PACKAGE, ROOT, name, parsed

FILE_LINES = 250
FUNCTION_LINES = 40
ASSET_LINES = 10
DEFINITIONS_LINES = 100

# Path, or path::function, and why it is one thing all the same.
LONGER: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(parsed(path)) if isinstance(node, Function)]


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def too_long() -> dict[str, int]:
    found = {}
    for path in MODULES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > (DEFINITIONS_LINES if path == PACKAGE / "definitions.py" else FILE_LINES):
            found[name(path)] = lines
        is_asset_room = path.match("datasets/*/assets.py") or path.match("datasets/*/assets/*.py")
        for function in functions(path):
            limit = ASSET_LINES if is_asset_room and function.decorator_list else FUNCTION_LINES
            if body_lines(function) > limit:
                found[f"{name(path)}::{function.name}"] = body_lines(function)
    return found


def test_half_of_the_files_are_under_a_hundred_lines():
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES if path.name != "__init__.py"]
    assert median(lines) < 100


def test_files_and_functions_are_short():
    wrong = {what: lines for what, lines in too_long().items() if what not in LONGER}
    assert not wrong, f"too long: {wrong}; split it (a room becomes a folder) or give the reason in LONGER"


def test_exceptions_are_still_needed():
    assert not set(LONGER) - set(too_long())


def test_exceptions_have_a_reason():
    assert [what for what, reason in LONGER.items() if len(reason.split()) < 4] == []


def test_no_attics():
    attics = {"utils", "util", "helpers", "helper", "common", "misc", "shared"}
    trees = [PACKAGE, ROOT / "songify_assets_tests"]
    assert [name(path) for tree in trees for path in tree.rglob("*") if path.stem in attics] == []
