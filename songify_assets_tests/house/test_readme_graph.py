"""The README's picture of the asset graph is the graph.

After a change of the graph: `python -m songify_assets_tests.house.test_readme_graph` draws it anew.
"""

import re

from songify_assets_tests.house.graph import asset_graph
from songify_assets_tests.house.tree import ROOT

README = ROOT / "README.md"
PICTURE = re.compile(r"(?<=```mermaid\n)flowchart .*?(?=^```)", re.MULTILINE | re.DOTALL)
PUBLISHED = "warehouse/published"


def drawn() -> str:
    """Every asset in the box of its group, and every dependency; all that is published is one arrow a box."""
    graph = asset_graph()
    keys = sorted(graph.get_all_asset_keys())
    parents = {key.to_user_string(): {one.to_user_string() for one in graph.get(key).parent_keys} for key in keys}
    groups: dict[str, list[str]] = {}
    for key in keys:
        groups.setdefault(graph.get(key).group_name or "", []).append(key.to_user_string())
    lines = ["flowchart LR"]
    for group, assets in groups.items():
        lines += [f"  subgraph {group}", *(f'    {box(asset)}["{asset}"]' for asset in assets), "  end"]
    lines += [
        f"  {box(parent)} --> {box(asset)}"
        for asset in parents
        if asset != PUBLISHED
        for parent in sorted(parents[asset])
    ]
    published = {asset.partition("/")[0] for asset in parents[PUBLISHED]}
    lines += [f"  {group} ==> {box(PUBLISHED)}" for group in sorted(published)]
    return "\n".join(lines) + "\n"


def box(asset: str) -> str:
    """The name of an asset's box; `end`, `graph` and slashes mean something to Mermaid."""
    return asset.replace("/", "__")


def test_the_picture_shows_the_graph():
    found = PICTURE.search(README.read_text(encoding="utf-8"))
    again = "draw it anew: python -m songify_assets_tests.house.test_readme_graph"
    assert found, "the README shows the graph as a mermaid flowchart"
    assert found[0].splitlines() == drawn().splitlines(), again


if __name__ == "__main__":
    README.write_text(PICTURE.sub(lambda _: drawn(), README.read_text(encoding="utf-8"), count=1), encoding="utf-8")
