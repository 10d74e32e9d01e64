"""Markov chains of first order: how much less often they end well without one of their states."""

import numpy as np
import numpy.typing as npt
import polars as pl

START, GOOD, BAD = "\0start", "\0conversion", "\0null"  # no name of a state begins so
Matrix = npt.NDArray[np.float64]


def removal_effects(transitions: pl.LazyFrame, of: list[str]) -> pl.LazyFrame:
    """For each state of each chain (`of`) its removal effect: 1 - P without it / P, where P is the chance of a good end.

    `transitions` say how many (`times`) go from one state to another (`from`, `to`); paths begin at `START` and end at `GOOD` or
    `BAD`. What would have gone to the removed state ends badly. Solved, not simulated. A chain without a good end has no row.

    >>> steps = [(START, "a", 2), ("a", GOOD, 1), ("a", "b", 1), ("b", GOOD, 1)]
    >>> chain = pl.LazyFrame([(1, *step) for step in steps], schema=["of", "from", "to", "times"], orient="row")
    >>> removal_effects(chain, ["of"]).sort("state").collect().rows()
    [(1, 'a', 1.0), (1, 'b', 0.5)]
    """
    known = transitions.collect_schema()
    schema = pl.Schema({**{name: known[name] for name in of}, "state": pl.String(), "effect": pl.Float64()})
    return transitions.map_batches(lambda rows: _effects(rows, of, schema), schema=schema)


def _effects(rows: pl.DataFrame, of: list[str], schema: pl.Schema) -> pl.DataFrame:
    told = []
    for key, chain in rows.group_by(of):
        told += [(*key, state, effect) for state, effect in _effects_of_chain(chain)]
    return pl.DataFrame(told, schema=schema, orient="row")


def _effects_of_chain(chain: pl.DataFrame) -> list[tuple[str, float]]:
    names = sorted(set(chain["from"]) | set(chain["to"]) - {GOOD, BAD})
    names.remove(START)
    place = {name: at for at, name in enumerate(names)}
    ends, begins = len(names), len(names)
    times = np.zeros((len(names) + 1, len(names) + 1))  # the last row is the start, the last column a good end
    totals = np.zeros(len(names) + 1)
    for came_from, to, many in chain.select("from", "to", "times").iter_rows():
        row = place.get(came_from, begins)
        totals[row] += many
        if to != BAD:
            times[row, place.get(to, ends)] += many
    steps = times / totals[:, None]
    whole = _chance(steps, np.arange(len(names)))
    if not whole:
        return []
    without = (_chance(steps, np.delete(np.arange(len(names)), at)) for at in range(len(names)))
    return [(name, 1 - chance / whole) for name, chance in zip(names, without, strict=True)]


def _chance(steps: Matrix, states: npt.NDArray[np.intp]) -> float:
    """The chance of a good end if only these states are left."""
    between, good = steps[np.ix_(states, states)], steps[states, -1]
    reached = np.linalg.solve(np.eye(len(states)) - between, good)
    return float(steps[-1, states] @ reached + steps[-1, -1])
