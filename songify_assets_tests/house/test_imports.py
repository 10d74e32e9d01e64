"""Imports run one way; what each room may import is written here, and anything else is a change of the design."""

import ast
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from songify_assets_tests.house.tree import MODULES, OWN_ROOMS, dotted, imports, name, parsed

LEAVES = {"errors", "texts"}
BASE = {"settings", *LEAVES}
FOUNDATION = {"foundation", *BASE}
SHARED = {"orchestration", *FOUNDATION}
DECLARED = {"dataset.feeds", "dataset.tables", "dataset.transforms", "dataset.pictures", "dataset.own"}

# A room, and what of ours it may import besides itself. `dataset.x` is room x of the same dataset, and `dataset.own`
# the rooms that it alone has.
MAY_IMPORT = {
    "": set(),
    "texts": set(),
    "errors": {"texts"},
    "settings": LEAVES,
    "foundation": BASE,
    "generator": FOUNDATION,
    "orchestration": {*FOUNDATION, "code"},
    "datasets": set(),
    "dataset.feeds": {"foundation"},
    "dataset.tables": {"foundation"},
    "dataset.transforms": {"foundation", "dataset.own"},
    "dataset.own": {"foundation"},
    "dataset.pictures": SHARED,
    "dataset.assets": {*SHARED, *DECLARED},
    "dataset.checks": {*SHARED, *DECLARED, "dataset.assets"},
    "dataset": {*SHARED, *DECLARED, "dataset.assets", "dataset.checks"},
    "definitions": {*SHARED, "dataset"},
    "serving": FOUNDATION,
    "live": {*FOUNDATION, "serving"},  # whose keys they are
    "watch": SHARED,
    "code": set(),
    "handover": set(),
    "cli": {*SHARED, "code", "dataset", "definitions", "generator", "handover", "live", "serving"},
    "preloaded": {"definitions", "foundation", "orchestration", "settings"},
    "__main__": {"cli", "handover", *BASE},
}
KNOW_DAGSTER = {"orchestration", "dataset", "dataset.assets", "dataset.checks", "definitions", "watch", "cli"}
# dagster_pandas is not among them: its frame types say what a frame is, as Pandera models do.
DAGSTER = {"dagster", "dagster_duckdb", "dagster_graphql", "dagster_webserver"}
# Modules and calls that a pure function from frames to frames has no use for.
IMPURE_MODULES = {"os", "io", "pathlib", "shutil", "subprocess", "socket", "time", "random", "duckdb", "tempfile"}
# What only Polars has stands behind the primitives of the foundation (`normalized_key`, `stable_hash`, `stable_id`, `as_of`).
ONLY_POLARS_MODULES, ONLY_POLARS_CALLS = {"polars_hash"}, re.compile(r"map_batches|map_elements|join_asof|nchash|chash")
IMPURE_CALLS = re.compile(r"now|today|utcnow|open|print|collect|(read|scan|sink|write)_\w+")


def room_of(module: str, dataset: str | None = None) -> str:
    """The room of a module of ours; for an importer in a dataset, a room of any other dataset names that dataset."""
    _, *parts = module.split(".")
    match parts:
        case ["datasets", owner, *rest]:
            room = ("own" if f"{owner}/{rest[0]}" in OWN_ROOMS else rest[0]) if rest else ""
            whose = "dataset" if dataset in (None, owner) else f"dataset {owner}"
            return f"{whose}.{room}" if room else whose
        case [room, *_]:
            return room
        case _:
            return ""


def dataset_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and parts[1] == "datasets" else None


MODULE_NAMES = {dotted(path) for path in MODULES}


def our_imports(path: Path) -> list[tuple[int, str]]:
    """What a module imports of ours, as modules: `from songify_assets.foundation.feeds import Feed` is `…feeds`."""
    ours = [(line, full) for line, full in imports(path) if full.split(".")[0] == "songify_assets"]
    return [(line, full if full in MODULE_NAMES else full.rpartition(".")[0]) for line, full in ours]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_run_one_way(path: Path):
    module = dotted(path)
    room, dataset = room_of(module), dataset_of(module)
    assert room in MAY_IMPORT, f"{name(path)} is a new room: say in MAY_IMPORT what it may import"
    allowed = MAY_IMPORT[room] | {room}
    wrong = [
        f"{name(path)}:{line} imports {target}"
        for line, target in our_imports(path)
        if room_of(target, dataset) not in allowed
    ]
    assert not wrong, f"{room or 'the package'} may import {sorted(allowed)} only:\n" + "\n".join(wrong)


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(dotted(p)) not in KNOW_DAGSTER], ids=name)
def test_only_orchestration_and_assets_know_dagster(path: Path):
    wrong = [f"{name(path)}:{line} imports {full}" for line, full in imports(path) if full.split(".")[0] in DAGSTER]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(dotted(p)) == "dataset.transforms"], ids=name)
def test_transforms_are_pure(path: Path):
    wrong = [
        f"{name(path)}:{line} imports {full}"
        for line, full in imports(path)
        if full.split(".")[0] in IMPURE_MODULES | ONLY_POLARS_MODULES
    ]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if IMPURE_CALLS.fullmatch(called) or ONLY_POLARS_CALLS.fullmatch(called):
                wrong.append(f"{name(path)}:{node.lineno} calls {called}")
    assert not wrong, "a transform takes lazy frames and returns one:\n" + "\n".join(wrong)


def at_import(node: ast.AST) -> list[ast.AST]:
    """The nodes that run when a module is imported: all but the bodies of functions and the block of a script."""
    found = [node]
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in [*child.decorator_list, child.args]:
                found += at_import(part)
        elif isinstance(child, ast.Lambda) or (isinstance(child, ast.If) and "__main__" in ast.dump(child.test)):
            continue
        else:
            found += at_import(child)
    return found


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_at_import_reads_environment_or_clock(path: Path):
    forbidden = {"environ", "getenv", "now", "today", "utcnow", "cwd", "getcwd"}
    wrong = [
        f"{name(path)}:{node.lineno} reads {node.attr}"
        for node in at_import(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in forbidden
    ]
    assert not wrong, "\n".join(wrong)


# The rooms of orchestration, each of which imports only those before it.
FLOORS = (
    "dagster_internals",
    "ui",
    "declare",
    "checks",
    "planner",
    "closing",
    "assets",
    "publish",
    "alerts",
    "automation",
)
# What starts things, what every room needs, and the names that `dagster.yaml` of older homes gives.
TOP_FLOOR = {"load", "runs", "partitions", "event_log", "instance", "launcher"}


def test_the_rooms_of_orchestration_import_only_what_is_below_them():
    wrong = [
        f"{name(path)}:{line} imports {imported}"
        for path in MODULES
        for line, imported in imports(path)
        if (own := floor(dotted(path))) is not None and (other := floor(imported)) is not None and other > own
    ]
    assert not wrong


def floor(module: str) -> int | None:
    """Which of the rooms of orchestration a module lies in; None for any other."""
    match module.split("."):
        case [_, "orchestration", room, *_] if room in FLOORS:
            return FLOORS.index(room)
    return None


def test_the_top_floor_of_orchestration_holds_what_starts_things_and_rooms():
    folder = Path(MODULES[0]).parent / "orchestration"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == TOP_FLOOR
    assert {path.name for path in folder.iterdir() if path.is_dir()} - {"__pycache__"} == set(FLOORS)


def test_no_rooms_import_each_other():
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        own = place(dotted(path))
        graph.setdefault(own, set()).update({place(imported) for _, imported in our_imports(path)} - {own})
    TopologicalSorter(graph).prepare()


def place(module: str) -> str:
    """The room of a module below `foundation` and `orchestration`; above, the folder or file of the package."""
    parts = module.split(".")
    return ".".join(parts[: 3 if parts[1:2] in (["foundation"], ["orchestration"]) else 2])


@pytest.mark.parametrize("set_before", ["", "dirty_decay_ms:77"])
def test_the_command_says_how_long_freed_memory_is_kept_before_polars_is_imported(set_before: str):
    code = (
        "import os, sys, songify_assets.__main__ as it; it._handed_over = lambda: 0; sys.argv = ['songify', 'load']\n"
    )
    code += "try: it.main()\nexcept SystemExit: print('polars' in sys.modules, os.environ['_RJEM_MALLOC_CONF'])"
    environment = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}
    environment |= {"_RJEM_MALLOC_CONF": set_before} if set_before else {}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", set_before or "dirty_decay_ms:5000"]
