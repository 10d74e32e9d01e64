"""What an input reads, in words: where a table comes from, for people."""

from songify_assets.orchestration.declare.inputs.base import Input
from songify_assets.orchestration.declare.inputs.days import Days, Following, Previous, Window
from songify_assets.orchestration.declare.inputs.entities import Known, Linked
from songify_assets.orchestration.declare.inputs.feeds import AsOf, AsOfDate, Deliveries, Events
from songify_assets.orchestration.declare.inputs.statements import (
    Frozen,
    MovedDays,
    MovedDeliveries,
    Versions,
    WhereClosed,
)
from songify_assets.orchestration.declare.inputs.tables import OfDay, Table


def in_words(read: Input) -> str:
    """The rows that are read.

    >>> in_words(Window("engagement/user_days", before=27)), in_words(AsOf("royalties/tracks_history", by="track_id", fills="licensor"))
    ('the same days, and 27 before and 0 after them', 'the version of its track_id that was valid on the day')
    """
    match read:
        case Events():
            return "the events of its days, whenever they were delivered"
        case AsOf(by=by):
            return f"the version of its {by if isinstance(by, str) else ', '.join(by)} that was valid on the day"
        case AsOfDate():
            return "the date of its newest delivery"
        case Deliveries():
            return "each dump, compared with the one before"
        case Frozen():
            return "its closed months, as they were closed"
        case Versions():
            return "who closed which month, when and why"
        case MovedDays():
            return "the days that have changed since a month was closed"
        case MovedDeliveries():
            return "the deliveries that have changed since a month was closed"
        case WhereClosed():
            return "the months that are closed, as they are now"
        case Table():
            return "the rows of its days"
        case Window(before=before, after=after):
            return f"the same days, and {before} before and {after} after them"
        case Days():
            return "a row a day, all of them"
        case OfDay(day=day):
            return f"the rows whose {day} is one of its days"
        case Previous():
            return "the day, week or month before"
        case Following():
            return "all rows up to the day, of who has one on it"
        case Known():
            return "what is known of who is in it"
        case Linked():
            return "the day, and what hangs together with it over midnight"
    return "all rows"
