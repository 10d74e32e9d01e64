"""What hangs together: pointers followed to their end, and connected components."""

import numpy as np
import numpy.typing as npt
import polars as pl

Ids = npt.NDArray[np.uint64]


def follow(links: pl.LazyFrame, node: str, to: str) -> pl.LazyFrame:
    """For each node where its pointers end: at the first that is no node itself. What runs in a circle ends nowhere (null).

    Nodes are whole numbers, each with one pointer.

    >>> links = pl.LazyFrame({"of": [1, 2, 8, 9], "to": [2, 5, 9, 8]}, schema_overrides={"of": pl.UInt64, "to": pl.UInt64})
    >>> follow(links, "of", "to").sort("of").collect()["to"].to_list()
    [5, 5, None, None]
    """
    schema = {node: pl.UInt64, to: pl.UInt64}
    return links.select(node, to).map_batches(_followed, schema=schema)


def _followed(links: pl.DataFrame) -> pl.DataFrame:
    if links.is_empty():
        return links
    links = links.sort(links.columns[0])
    nodes, ends = (links[name].to_numpy() for name in links.columns)
    # Doubling: after so many steps no chain of all nodes is left.
    for _ in range(len(nodes).bit_length()):
        ends = _step(nodes, ends, ends)
    lost = _is_in(nodes, ends)
    name = links.columns[1]
    return links.with_columns(pl.Series(name, ends).set(pl.Series(lost), None))


def _step(nodes: Ids, to: Ids, ends: Ids) -> Ids:
    """Where the ends point to, where they are nodes."""
    place = np.minimum(np.searchsorted(nodes, ends), len(nodes) - 1)
    return np.where(nodes[place] == ends, to[place], ends)


def _is_in(nodes: Ids, ends: Ids) -> npt.NDArray[np.bool_]:
    place = np.minimum(np.searchsorted(nodes, ends), len(nodes) - 1)
    return np.asarray(nodes[place] == ends)


def connected(pairs: pl.LazyFrame, left: str, right: str) -> pl.LazyFrame:
    """The connected component of each node in some pairs, named by its smallest node: (`node`, `group`). Nodes are whole numbers.

    >>> pairs = pl.LazyFrame({"a": [1, 2, 7], "b": [2, 3, 8]}, schema_overrides={"a": pl.UInt64, "b": pl.UInt64})
    >>> connected(pairs, "a", "b").sort("node").collect().rows()
    [(1, 1), (2, 1), (3, 1), (7, 7), (8, 7)]
    """
    schema = {"node": pl.UInt64, "group": pl.UInt64}
    return pairs.select(left, right).map_batches(_components, schema=schema)


def _components(pairs: pl.DataFrame) -> pl.DataFrame:
    nodes, places = np.unique(np.concatenate([pairs[name].to_numpy() for name in pairs.columns]), return_inverse=True)
    left, right = places[: len(pairs)], places[len(pairs) :]
    groups = np.arange(len(nodes))
    while True:
        ends = groups[left], groups[right]
        apart = ends[0] != ends[1]
        if not apart.any():
            break
        # The greater of two roots is hung below the smaller, and then each below its root.
        np.minimum.at(groups, np.maximum(*ends)[apart], np.minimum(*ends)[apart])
        while (groups != (up := groups[groups])).any():
            groups = up
    return pl.DataFrame({"node": nodes, "group": nodes[groups]}, schema={"node": pl.UInt64, "group": pl.UInt64})
