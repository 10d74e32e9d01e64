"""Routing: what a problem is, and which alert address is told of it.

An alert address is an Apprise URL with, if wanted, parameters of our own: `alert_group` and `alert_owner` (both repeatable)
and `alert_severity`. Apprise never sees those.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote_plus

Severity = Literal["error", "warning"]
GROUP, OWNER, SEVERITY = "alert_group", "alert_owner", "alert_severity"

# Services whose URL names a server first. With the others that place holds a token, which is never shown.
_NAMES_A_SERVER = set(
    "mailto mailtos json jsons xml xmls form forms http https ntfy ntfys gotify gotifys mqtt mqtts matrix matrixs "
    "mmost mmosts rocket rockets syslog nctalk nctalks signal signals apprise apprises".split()
)


@dataclass(frozen=True)
class Problem:
    """Something that is wrong now. `key` is its identity: as long as it is found again, it is the same problem."""

    key: str
    severity: Severity
    title: str
    body: str
    link: str
    groups: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """An alert address: the URL for Apprise, what may be shown of it, and which problems it wants.

    `target_id` tells addresses apart where the URL, which holds passwords, must not be kept.
    """

    url: str = field(repr=False)
    target_id: str
    shown: str
    groups: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    only_errors: bool = False


def targets_of(addresses: Iterable[str]) -> tuple[Target, ...]:
    """The targets of all configured addresses, each once."""
    return tuple({target.target_id: target for target in map(target_of, addresses)}.values())


def target_of(address: str) -> Target:
    """Reads an address.

    >>> one = target_of("mailto://me:secret@mail.example/?to=you@b.c&alert_group=royalties&alert_severity=error")
    >>> one.url, one.shown, one.groups, one.only_errors
    ('mailto://me:secret@mail.example/?to=you@b.c', 'mailto://mail.example', ('royalties',), True)
    >>> target_of("slack://token/other").shown
    'slack://…'
    """
    path, _, query = address.partition("?")
    pieces = [piece for piece in query.split("&") if piece]
    kept = "&".join(piece for piece in pieces if not piece.startswith("alert_"))
    own = _own(address)
    return Target(
        url=f"{path}?{kept}" if kept else path,
        target_id=hashlib.sha256(address.encode()).hexdigest()[:32],
        shown=_shown(address),
        groups=tuple(value for name, value in own if name == GROUP),
        owners=tuple(value for name, value in own if name == OWNER),
        only_errors=(SEVERITY, "error") in own,
    )


def wants(target: Target, problem: Problem) -> bool:
    """Whether a target is told of a problem.

    >>> def problem(severity="error", *groups, owners=()):
    ...     return Problem("key", severity, "title", "body", "link", groups, owners)
    >>> royalties = target_of("json://host?alert_group=royalties&alert_owner=team:finance")
    >>> wants(royalties, problem("error", "royalties")), wants(royalties, problem("error", "vendor"))
    (True, False)
    >>> wants(royalties, problem("error", "vendor", owners=("team:finance",)))  # either is enough
    True
    >>> wants(royalties, problem("error"))  # it concerns no asset, so it concerns everybody
    True
    >>> wants(target_of("json://host"), problem("warning", "vendor"))
    True
    >>> wants(target_of("json://host?alert_severity=error"), problem("warning"))
    False
    """
    if target.only_errors and problem.severity != "error":
        return False
    if not (target.groups or target.owners) or not (problem.groups or problem.owners):
        return True
    return bool({*target.groups} & {*problem.groups} or {*target.owners} & {*problem.owners})


def mistakes_in(address: str) -> list[str]:
    """What is wrong with our own parameters of an address.

    >>> mistakes_in("json://host?alert_severity=fatal&alert_team=finance")
    ["alert_severity is 'fatal', it can be error or warning", 'there is no alert_team, but alert_group, alert_owner, alert_severity']
    """
    found = []
    for name, value in _own(address):
        if name not in (GROUP, OWNER, SEVERITY):
            found.append(f"there is no {name}, but {GROUP}, {OWNER}, {SEVERITY}")
        elif name == SEVERITY and value not in ("error", "warning"):
            found.append(f"{name} is '{value}', it can be error or warning")
    return found


def _own(address: str) -> list[tuple[str, str]]:
    """Our own parameters. Only those are decoded: the others must reach Apprise as they were written."""
    pairs = [piece.partition("=") for piece in address.partition("?")[2].split("&")]
    return [(name, unquote_plus(value)) for name, _, value in pairs if name.startswith("alert_")]


def _shown(address: str) -> str:
    """Service and server of an address, without anything that could be a secret."""
    found = re.match(r"([a-zA-Z0-9+.-]+)://(?:[^/?#]*@)?([^:/?#]*)", address)
    if not found:
        return "…"
    return f"{found[1]}://{found[2] if found[1].lower() in _NAMES_A_SERVER else '…'}"
