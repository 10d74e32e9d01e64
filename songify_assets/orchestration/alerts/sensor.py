"""The sensor that watches over everything else. It lives in a code location of its own, see songify_assets.watch."""

import json
import time
from functools import lru_cache

import dagster as dg

from songify_assets.foundation.alerting.routing import targets_of
from songify_assets.orchestration.alerts.delivery import ROUND_S, outbox_of, report_delivery, send, waiting_in_words
from songify_assets.orchestration.alerts.graph import Graph, read_graph
from songify_assets.orchestration.alerts.problems import find_problems
from songify_assets.orchestration.alerts.tick_problems import OWN_NAME
from songify_assets.orchestration.alerts.view import View
from songify_assets.settings import Settings

GAP_S = 120
GRAPH_S = 600


def alerts_sensor(settings: Settings) -> dg.SensorDefinition:
    """Finds what is wrong, enters it in the outbox, and sends what waits there."""

    @dg.sensor(
        name=OWN_NAME,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells people what is wrong and when it is over, by the addresses in SONGIFY_ALERT_URLS.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = time.time()
        steady_since = steady(context.cursor, now)
        context.update_cursor(json.dumps([steady_since, now]))
        outbox, targets = outbox_of(settings), targets_of(settings.alert_urls)
        problems = find_problems(
            View(context.instance, now, _graph(int(now / GRAPH_S)), settings.ui_url), settings.home, steady_since
        )
        outbox.reconcile(problems, targets)
        sent = outbox.deliver(targets, send, ROUND_S)
        report_delivery(context.instance, outbox)
        waiting = waiting_in_words(outbox.undelivered())
        said = [_counted(len(problems), "problem", "open"), _counted(sent, "message", "sent"), waiting]
        nowhere = "" if targets else "SONGIFY_ALERT_URLS is not set"
        return dg.SkipReason(", ".join(filter(None, [*said, nowhere])))

    return alerts


def steady(cursor: str | None, now: float) -> float:
    """Since when this sensor has been evaluated without a gap, by its cursor (that, and when it last was).

    >>> steady("[100, 900]", 930), steady("[100, 200]", 930), steady(None, 930)
    (100.0, 930, 930.0)
    """
    since, last = json.loads(cursor) if cursor else (now, now)
    return float(since) if now - last < GAP_S else now


@lru_cache(maxsize=1)
def _graph(moment: int) -> Graph | None:
    """The graph as it was at the first evaluation of these ten minutes; None when it could not be loaded."""
    found = read_graph(time.time())
    return None if isinstance(found, str) else found


def _counted(number: int, noun: str, what: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)} {what}"
