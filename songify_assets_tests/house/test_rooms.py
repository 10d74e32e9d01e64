"""Every dataset folder has the same rooms, and all of the package is installed."""

import ast

import pytest

from songify_assets_tests.house.tree import DATASETS, MODULES, OWN_ROOMS, PACKAGE, ROOMS, name, parsed


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_has_the_rooms_of_a_dataset(dataset: str):
    folder = PACKAGE / "datasets" / dataset
    found = {entry.stem for entry in folder.iterdir()} - {"__init__", "__pycache__"}
    own = {room.partition("/")[2] for room in OWN_ROOMS if room.startswith(f"{dataset}/")}
    assert found - ROOMS == own, (
        f"{name(folder)}: a room that this dataset alone has is named in OWN_ROOMS, with its reason"
    )
    assert "checks" in found


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_folder_says_what_it_is_and_holds_no_logic(dataset: str):
    module = parsed(PACKAGE / "datasets" / dataset / "__init__.py")
    assert len((ast.get_docstring(module) or "").split()) >= 20, "who asks, the grain of each table, what is not here"
    logic = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.If)]
    assert not logic


def test_every_folder_with_code_says_what_it_holds():
    bare = {name(path.parent) for path in MODULES if not (path.parent / "__init__.py").exists()}
    assert not bare, "a folder of the package has an __init__.py with a docstring"


def test_every_data_file_of_the_package_is_installed():
    data = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}]
    installed = [path for path in data if path.suffix == ".sql" or path.name in ("workspace.yaml", "dagster.yaml")]
    installed += [path for path in data if path.is_relative_to(PACKAGE / "serving" / "static")]
    installed += [path for path in data if path.parent == PACKAGE / "serving" / "pages" / "templates"]
    installed += [path for path in data if path.parent == PACKAGE / "live" / "page" / "static"]
    lost = [name(path) for path in data if path not in installed]
    assert not lost, "say so under tool.setuptools.package-data in pyproject.toml, and here"
