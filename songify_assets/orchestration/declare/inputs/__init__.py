"""What an asset reads, as it declares it. From the declaration follow Dagster's dependencies, the marks of what is out of date
when something upstream was written, and the frame that the function gets."""

from songify_assets.orchestration.declare.inputs.base import Input, Reader
from songify_assets.orchestration.declare.inputs.days import Days, Following, Previous, Window
from songify_assets.orchestration.declare.inputs.entities import Known, Linked
from songify_assets.orchestration.declare.inputs.feeds import AsOf, AsOfDate, Deliveries, Events
from songify_assets.orchestration.declare.inputs.statements import (
    Frozen,
    MovedDays,
    MovedDeliveries,
    ReadAlong,
    Versions,
    WhereClosed,
)
from songify_assets.orchestration.declare.inputs.tables import Everything, OfDay, Table

__all__ = [
    "AsOf",
    "AsOfDate",
    "Days",
    "Deliveries",
    "Events",
    "Everything",
    "Following",
    "Frozen",
    "Input",
    "Known",
    "Linked",
    "MovedDays",
    "MovedDeliveries",
    "OfDay",
    "Previous",
    "ReadAlong",
    "Reader",
    "Table",
    "Versions",
    "WhereClosed",
    "Window",
]
