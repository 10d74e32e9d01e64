"""The asset graph as text, one line an asset; `make graph` writes it to graph.txt.

key | partitions | inputs | checks (! marks a blocking one)
"""

import tempfile
from pathlib import Path
from typing import Any

import dagster as dg

from songify_assets.definitions import build_definitions
from songify_assets.settings import Settings

GRAPH = Path(__file__).with_name("graph.txt")


def default_definitions() -> dg.Definitions:
    """The product's definitions with default settings, whatever this machine's environment says."""
    fields = Settings.model_fields
    defaults: dict[str, Any] = {key: fields[key].default for key in ("start_date", "timezone")}
    return build_definitions(Settings(home=Path(tempfile.gettempdir(), "songify-graph"), **defaults))


def asset_graph():
    return default_definitions().resolve_asset_graph()


def rendered() -> str:
    graph = asset_graph()

    def line(key: dg.AssetKey) -> str:
        node = graph.get(key)
        partitions = str(node.partitions_def).rstrip(".") if node.partitions_def else "-"
        inputs = sorted(parent.to_user_string() for parent in node.parent_keys)
        checks = sorted(check.name + "!" * graph.get(check).blocking for check in node.check_keys)
        cells = key.to_user_string(), partitions, ", ".join(inputs) or "-", ", ".join(checks) or "-"
        return " | ".join(cells)

    return "".join(f"{line(key)}\n" for key in sorted(graph.get_all_asset_keys()))


if __name__ == "__main__":
    print(rendered(), end="")
