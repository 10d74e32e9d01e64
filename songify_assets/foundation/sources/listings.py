"""Lines of a folder's listing, by MLSD or LIST, as servers are known to write them.

Of LIST only name and kind are taken: its times have no zone, and months come in every language. SIZE and MDTM tell the rest.
"""

import re
from datetime import UTC, datetime

from songify_assets.foundation.sources.walking import Entry

_TIME = r"\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?"
_MONTH, _DAY = r"(?=\S*[^\d\s])\S+", r"\d{1,2}[.,]?"
_DATES = "|".join((
    rf"\d{{4}}-\d\d-\d\d[ T]{_TIME}(?: [-+]\d{{4}}|Z)?",  # --time-style=long-iso, full-iso
    rf"\d\d-\d\d {_TIME}|\d{{4}}-\d\d-\d\d ",  # --time-style=iso: of the last months, and older
    rf"\d{{1,4}}[-./]\d\d?[-./]\d{{1,4}},?\s+{_TIME}",
    rf"(?:{_MONTH}\s+{_DAY}|{_DAY}\s+{_MONTH})\s+\d\d?:\d\d:\d\d\s+\d{{4}}",
    rf"(?:{_MONTH}\s+{_DAY}|{_DAY}\s+{_MONTH}|\d\d?\D\d\d?\D)\s+(?:{_TIME}|\d{{4}})",  # in any language
))  # fmt: skip
_KIND, _SIZE = r"([-dlbcps])[^\s\d]\S{7,}", r"(?:\d+|\d+,\s*\d+)"
# With owner and group, with one of them, with neither; last, with blanks in them.
_UNIX = [
    re.compile(rf"{_KIND}\s+(?:\d+\s+)?{owner}{_SIZE}\s+(?:{_DATES})\s(.+)", re.DOTALL | re.ASCII)
    for owner in (r"\S+\s+\S+\s+", r"\S+\s+", "", r"\S.*?\s")
]
_DOS_SIZE = r"[\d.,'\u00a0\u202f\udca0]+"
_DOS = re.compile(
    rf"\d{{1,4}}[-./]\d\d?[-./]\d{{1,4}}\s+{_TIME}\s?(?:[AaPp]\.?[Mm]\.?)?\s+(?:<([A-Z]+)>\s+|{_DOS_SIZE} )(.+)",
    re.DOTALL | re.ASCII,
)
_TOTAL = re.compile(r"\S+\s+\d+", re.ASCII)
_KINDS = {"-": "file", "d": "dir", "l": "link"}
_INSTANT = re.compile(r"(\d{4})" + 5 * r"(\d\d)" + r"(?:\.(\d+))?(?:\s.*)?", re.ASCII)


def from_list(line: str) -> Entry | None:
    """An entry from a line of LIST; None if it is about none.

    >>> from_list("-rw-r--r--   1 ftp      ftp          1234 d\\udce9c. 31 23:59 plays.csv").name
    'plays.csv'
    >>> from_list("12-31-21  11:59PM       <DIR>          2021-12-31")[:2]
    ('2021-12-31', 'dir')
    """
    if not line.strip() or _TOTAL.fullmatch(line.strip()):
        return None
    if dos := _DOS.fullmatch(line):
        kind, name = dos.groups()
        return Entry(name, "dir" if kind == "DIR" else "link" if kind else "file")
    unix = next(filter(None, (form.fullmatch(line) for form in _UNIX)), None)
    if unix is None:
        return Entry(line, "odd", trouble="this line of the server's listing is not understood")
    kind, name = unix.groups()
    if kind not in _KINDS:
        return Entry(name, "odd", trouble="it is no file, but a pipe, a socket or a device")
    return Entry(name.partition(" -> ")[0] if kind == "l" else name, _KINDS[kind])


def from_mlsd(line: str) -> Entry | None:
    """An entry from a line of MLSD; None if it is about none."""
    words, _, name = line.partition(" ")
    facts = {key.lower(): value for key, _, value in (word.partition("=") for word in words.split(";"))}
    kind = facts.get("type", "").lower()
    if kind in ("cdir", "pdir") or not name:
        return None
    if kind != "file":
        return Entry(name, "dir" if kind == "dir" else "link", identity=facts.get("unique", ""))
    return Entry(name, kind, number(facts.get("size", "")), instant(facts.get("modify", "")))


def number(digits: str) -> int | None:
    """A size in bytes; None if it is none, or one that no file has."""
    return int(digits) if re.fullmatch(r"[0-9]{1,18}", digits) else None


def instant(text: str) -> datetime | None:
    """`20211231235959` or `20211231235959.123`, which FTP means in UTC; None if it is no time."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    *parts, fraction = match.groups()
    try:
        return datetime(*map(int, parts), int((fraction or "0").ljust(6, "0")[:6]), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
