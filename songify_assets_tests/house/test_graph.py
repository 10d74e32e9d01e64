"""A change of the graph shows in review: as a change of graph.txt."""

from songify_assets.definitions import CATALOG
from songify_assets_tests.house import tree
from songify_assets_tests.house.graph import GRAPH, rendered


def test_the_graph_is_the_one_that_was_reviewed():
    reviewed = GRAPH.read_text(encoding="utf-8") if GRAPH.exists() else ""
    assert rendered().splitlines() == reviewed.splitlines(), "if this change is meant, write it down with: make graph"


def test_every_dataset_folder_is_loaded():
    assert sorted(dataset.name for dataset in CATALOG.datasets) == tree.DATASETS
