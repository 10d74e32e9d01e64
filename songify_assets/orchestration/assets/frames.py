"""The frames that an asset's function gets: those of its declared inputs, for the partitions of the run.

Dagster's own inputs can be one an asset upstream; a table may read another in several ways (its day, and the day before).
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

import dagster as dg

from songify_assets.foundation.lake import Lake
from songify_assets.foundation.parts import LEAST_BYTES, Parts, in_parts
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.tables import TableAsset
from songify_assets.orchestration.planner.triggers import Triggers

GIVEN = [
    inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=dg.AssetExecutionContext),
    inspect.Parameter("store", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=dg.ResourceParam[Store]),
]
ENGINE = inspect.Parameter("engine", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=dg.ResourceParam[Lake])


def with_frames(declared: TableAsset, triggers: Triggers) -> Callable[..., Any]:
    """The function as Dagster calls it: with a context and resources only; what else it asks for are its inputs."""
    signature = inspect.signature(declared.compute)
    asked = signature.parameters
    inputs = {name: read for name, read in declared.inputs.items() if name in asked}
    resources = [one for name, one in asked.items() if name not in (*inputs, "context", "store")]
    if declared.portable:
        resources.append(ENGINE)
    if declared.portable or declared.apart:  # its frame is of any engine, or there are several
        signature = signature.replace(return_annotation=Any)

    @wraps(declared.compute)
    def compute(context: dg.AssetExecutionContext, store: Store, **others: Any) -> Any:
        scanned = replace(store, lake=others["engine"]) if declared.portable else store

        def made(keys: Sequence[str]) -> Any:
            given = {**others, "context": context, "store": store}
            given |= {
                name: read.frame(scanned, keys, triggers.reader(declared.key, read)) for name, read in inputs.items()
            }
            return declared.compute(**{name: given[name] for name in asked})

        keys = list(context.partition_keys) if declared.cadence else [""]
        sizes = _sizes(declared, triggers, store.lake, keys) if declared.apart and len(keys) > 1 else None
        groups = in_parts(sizes, LEAST_BYTES) if sizes else [keys]
        return made(keys) if len(groups) == 1 else Parts([(group, made(group)) for group in groups])

    compute.__doc__ = None  # else Dagster takes it apart for what it may say of each input
    compute.__signature__ = signature.replace(parameters=[*GIVEN, *resources])  # type: ignore[attr-defined]
    return compute


def _sizes(declared: TableAsset, triggers: Triggers, lake: Lake, keys: Sequence[str]) -> dict[str, int] | None:
    """The bytes that each partition reads by itself; None where several read the same rows, which is done once for all of them."""
    sizes = [read.sizes(lake, keys, triggers.reader(declared.key, read)) for read in declared.inputs.values()]
    if not sizes or None in sizes:
        return None
    return {key: sum(size[key] for size in sizes if size) for key in keys}


def merged(mappings: Sequence[dg.PartitionMapping | None]) -> dg.PartitionMapping | None:
    """One mapping to an asset that is read in several ways: to all of its partitions, unless they agree."""
    first, *others = mappings
    return first if all(other == first for other in others) else dg.AllPartitionMapping()
