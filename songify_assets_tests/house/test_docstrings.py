"""What users read in the UI and the terminal is there. (Ruff's D1 sees to the docstrings of the code.)"""

import dagster as dg
import pytest

from songify_assets_tests.house.commands import COMMANDS
from songify_assets_tests.house.graph import asset_graph


@pytest.fixture(scope="module")
def graph():
    return asset_graph()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_has_help(command: str):
    assert COMMANDS[command].help, f"{command} has no docstring"
    silent = [param.opts for param in COMMANDS[command].params if not param.help]
    assert not silent, f"{command}: no help for {silent}"


def test_every_asset_has_a_description(graph):
    keys = [key for key in graph.get_all_asset_keys() if graph.get(key).is_materializable]
    assert [key.to_user_string() for key in keys if not graph.get(key).description] == []


def test_every_asset_stands_in_the_group_of_its_schema(graph):
    """Raw feeds are `raw/<feed>` in their source's group; all else is `<schema>/<table>` in the schema's group."""
    tables = [key for key in graph.get_all_asset_keys() if key.path[0] != "raw"]
    assert {len(key.path) for key in graph.get_all_asset_keys()} == {2}
    assert [key.to_user_string() for key in tables if graph.get(key).group_name != key.path[0]] == []


def test_every_check_has_a_description(graph):
    checks: list[dg.AssetCheckKey] = sorted(graph.asset_check_keys)
    assert [check.to_user_string() for check in checks if not graph.get(check).description] == []
