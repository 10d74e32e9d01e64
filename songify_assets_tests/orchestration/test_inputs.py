"""What a declared input says is out of date, beside a reading of its definition."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from songify_assets.foundation.calendar import month_of, week_of
from songify_assets.orchestration.declare.inputs import Everything, Reader, Table, Window

DAYS = st.dates(date(2021, 11, 20), date(2022, 1, 10))
KEYS = st.sets(DAYS.map(str), max_size=12)


def lake(computed: set[str]) -> Any:
    return SimpleNamespace(keys=lambda table: sorted(computed))


@given(changed=KEYS, computed=KEYS, before=st.integers(0, 27), after=st.integers(0, 27))
def test_a_window_is_out_of_date_when_a_day_in_it_was_written(
    changed: set[str], computed: set[str], before: int, after: int
) -> None:
    touched = set(Window("a", before, after).touched(lake(computed), sorted(changed), Reader("b", "day", "day")))
    for key in computed | changed:
        day = date.fromisoformat(key)
        window = {str(day + timedelta(days=step)) for step in range(-before, after + 1)}
        assert (key in touched) == bool(window & changed), key
    assert touched <= computed | changed


@given(changed=KEYS)
def test_a_week_and_a_month_are_out_of_date_when_one_of_their_days_was_written(changed: set[str]) -> None:
    for cadence, start in (("week", week_of), ("month", month_of)):
        touched = set(Table("a").touched(lake(set()), sorted(changed), Reader("b", cadence, "day")))
        assert touched == {str(start(date.fromisoformat(key))) for key in changed}


@given(changed=KEYS, computed=KEYS)
def test_whoever_reads_everything_is_out_of_date_whatever_was_written(changed: set[str], computed: set[str]) -> None:
    touched = Everything("a").touched(lake(computed), sorted(changed), Reader("b", "day", "day"))
    assert set(touched) == computed | changed
    assert set(Everything("a").touched(lake(computed), sorted(changed), Reader("b", None, "day"))) == {""}
