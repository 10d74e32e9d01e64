"""The delivery of alerts: sending by Apprise, and the check that shows when alerts do not get through.

As all of this folder it imports next to nothing of ours: what it tells of may be that the rest cannot be imported.
"""

import logging
import re
import warnings
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from songify_assets.foundation.alerting.outbox import Message, Outbox, Undelivered
from songify_assets.foundation.alerting.routing import Target, mistakes_in, target_of
from songify_assets.settings import Settings

ROUND_S = 20
LATE = timedelta(minutes=10)
CHECK = dg.AssetCheckSpec(
    "alerts_delivered",
    asset=["warehouse", "published"],
    description="Every alert reached its address within ten minutes, at the first attempt (SONGIFY_ALERT_URLS).",
)
# Where Apprise says why; its other lines repeat what was sent.
_REASON = re.compile(r"WARNING - (.*)|DEBUG - Socket Exception: (.*)")
_SHOWN_CHARACTERS = 300


def outbox_of(settings: Settings) -> Outbox:
    """The outbox of a home."""
    return Outbox(settings.home / "alerts.sqlite")


def send(target: Target, message: Message) -> str | None:
    """Sends a message; says why it could not."""
    apprise = _apprise()
    kinds = {"error": apprise.NotifyType.FAILURE, "warning": apprise.NotifyType.WARNING}
    with apprise.LogCapture(level=logging.DEBUG) as log:
        try:
            service = _service(target.url)
            if service is None:
                return "Apprise does not understand this address, see `songify doctor`"
            sender = apprise.Apprise()
            sender.add(service)
            arrived = sender.notify(
                title=message.title,
                body=message.body,
                notify_type=kinds.get(message.kind, apprise.NotifyType.SUCCESS),
                body_format=apprise.NotifyFormat.TEXT,
            )
            failure = "" if not arrived else None
        except Exception as error:  # whatever a plugin raises must not keep the other targets waiting
            failure = f"{type(error).__name__}: {error}"
        said = " ".join(" ".join(filter(None, reason)) for reason in _REASON.findall(log.getvalue()))
    if failure is None:
        return None
    errno = re.search(r"\[Errno -?\d+\] ([^\"')]+)", said)
    return _without_secrets(failure or (errno[1] if errno else said) or "refused", target.url)


def problems_of_urls(urls: Iterable[str]) -> list[str]:
    """What is wrong with alert addresses, for a person to read; no part of it is secret."""
    apprise = _apprise()
    mistakes = []
    known = {name for plugin in apprise.Apprise().details()["schemas"] for name in _schemes(plugin)}
    for number, url in enumerate(urls, 1):
        target = target_of(url)
        where = f"SONGIFY_ALERT_URLS, address {number} ({target.shown})"
        mistakes += [f"{where}: {mistake}." for mistake in mistakes_in(url)]
        scheme = target.shown.partition("://")[0].lower()
        if scheme not in known:
            mistakes.append(f"{where}: Apprise knows no service '{scheme}'; write it like mailto://user:password@host.")
            continue
        with apprise.LogCapture(level=logging.WARNING) as log:
            if _service(target.url) is None:
                said = _REASON.search(log.getvalue())
                why = _without_secrets(said[1], target.url) if said else "something that this service needs is missing"
                mistakes.append(f"{where}: {why.rstrip('.')}. Percent-encode special characters of the password.")
    return mistakes


def delivery_check(settings: Settings) -> dg.AssetChecksDefinition:
    """The check that alerts get through."""

    @dg.multi_asset_check(name=CHECK.name, specs=[CHECK])
    def alerts_delivered() -> Iterable[dg.AssetCheckResult]:
        late, says = _late(outbox_of(settings).undelivered(), datetime.now(UTC))
        yield dg.AssetCheckResult(
            asset_key=CHECK.asset_key,
            check_name=CHECK.name,
            passed=not late,
            severity=dg.AssetCheckSeverity.WARN,
            description=says,
            metadata={"waiting": late},
        )

    return alerts_delivered


def report_delivery(instance: dg.DagsterInstance, outbox: Outbox) -> None:
    """Brings the check up to date: the verdict is reported when it is another one than the last."""
    late, says = _late(outbox.undelivered(), datetime.now(UTC))
    done = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}
    last = instance.event_log_storage.get_asset_check_execution_history(CHECK.key, limit=1, status=done)
    if not last or (last[0].status == AssetCheckExecutionRecordStatus.FAILED) != bool(late):
        event = dg.AssetCheckEvaluation(
            asset_key=CHECK.asset_key,
            check_name=CHECK.name,
            passed=not late,
            severity=dg.AssetCheckSeverity.WARN,
            description=says,
            metadata={"waiting": late},
            blocking=False,
        )
        instance.report_runless_asset_event(event)


def waiting_in_words(undelivered: Sequence[Undelivered]) -> str:
    """How many messages wait for whom, and why: `3 waiting for mailto://mail (connection refused)`."""
    by_target: dict[str, list[Undelivered]] = {}
    for message in undelivered:
        by_target.setdefault(message.shown, []).append(message)
    return ", ".join(
        f"{len(messages)} waiting for {shown}"
        + "".join(f" ({message.last_error})" for message in messages[:1] if message.last_error)
        for shown, messages in by_target.items()
    )


def _late(undelivered: Sequence[Undelivered], now: datetime) -> tuple[int, str | None]:
    """How many messages do not get through, and in words since when and why."""
    late = [message for message in undelivered if message.attempts or now - message.queued_at > LATE]
    if not late:
        return 0, None
    oldest = f"{late[0].queued_at.astimezone():%Y-%m-%d %H:%M %Z}"
    says = f"Alerts do not get through since {oldest}: {waiting_in_words(late)}. They are sent again until they arrive."
    return len(late), says


def _apprise() -> Any:
    """Apprise, with its plugins. Loading them takes half a second and 40 MB, so only who sends does it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # one plugin imports what Python 3.13 drops
        import apprise

        apprise.Apprise.instantiate("json://localhost")
    return apprise


def _service(url: str) -> Any:
    """Apprise's object for a URL, None where it does not understand it. Long messages are split, not refused."""
    apprise = _apprise()
    service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if service is not None and "overflow=" not in url:
        service.overflow_mode = apprise.OverflowMode.SPLIT
    return service


def _schemes(plugin: dict[str, Any]) -> set[str]:
    return {*(plugin["protocols"] or ()), *(plugin["secure_protocols"] or ())}


def _without_secrets(text: str, url: str) -> str:
    """A text without any part of a URL but its scheme, its server and what is too short to be a secret."""
    server = re.sub(r"[^:]*://", "", target_of(url).shown)
    parts = {part for piece in re.split(r"[/?&=@:#,]+", url.partition("://")[2]) for part in (piece, unquote(piece))}
    for part in sorted(parts - {server}, key=len, reverse=True):
        if len(part) > 3:
            text = text.replace(part, "***")
    return text[:_SHOWN_CHARACTERS]
