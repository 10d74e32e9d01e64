"""The first line of a CSV file: which columns it has, or in words for its sender why they are not the agreed ones."""

import csv
import unicodedata
from collections.abc import Mapping
from io import BufferedReader
from typing import NoReturn

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.reading.blocks import LONGEST_QUOTED
from songify_assets.foundation.reading.encoding import is_utf8, not_utf8, unreadable

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def read_header(file: BufferedReader, fields: Mapping[str, str], where: str, delimiter: str = ",") -> list[list[str]]:
    """The columns that each field of the file fills; raises UnreadableFile when the header is another."""
    number, line = 1, file.readline(LONGEST_QUOTED)
    while line and not line.strip():
        number, line = number + 1, file.readline(LONGEST_QUOTED)
    if not line:
        raise UnreadableFile("is empty", where=where, remedy="Ask the sender to deliver it again, whole.")
    if not is_utf8(line):
        not_utf8(line, where, number)
    names, expected = (
        split(line.decode().strip("\r\n\ufeff"), delimiter),
        {folded(name): name for name in fields.values()},
    )
    if sorted(names) == sorted(expected):
        return [[column for column, name in fields.items() if folded(name) == key] for key in names]
    _refuse(line.decode().rstrip("\n"), names, expected, where, number, delimiter)


def folded(name: str) -> str:
    """A column's name as it is compared."""
    return name.strip().casefold()


def split(line: str, delimiter: str = ",") -> list[str]:
    """The names in a header line, as they are compared."""
    try:
        return [folded(name) for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:  # a field beyond the module's limit, or a lone carriage return
        return [folded(name) for name in line.split(delimiter)]


def _refuse(
    line: str, names: list[str], expected: Mapping[str, str], where: str, number: int, delimiter: str
) -> NoReturn:
    header = delimiter.join(expected.values())
    _refuse_letters(line.removesuffix("\r"), where, number)
    if line.lower().startswith("sep="):
        unreadable(
            f"begins with `{line.strip()}`, a line for spreadsheets only (line {number})", where, "without that line"
        )
    for other, word in DELIMITERS.items():
        if other != delimiter and len(expected) > 1 and set(expected) <= set(split(line, other)):
            agreed = DELIMITERS.get(delimiter, f"`{delimiter}`")
            unreadable(f"is separated by {word}, not {agreed}", where, f"with the header {header}")
    if line.count('"') % 2:
        what = f"has a quote in its header that nothing closes (line {number}, column {line.rindex(chr(34)) + 1})"
        unreadable(what, where, f"with the header {header}")
    if not any(names[len(expected) :]) and names[: len(expected)] and sorted(filter(None, names)) == sorted(expected):
        what = f"has a {'comma' if delimiter == ',' else 'delimiter'} too many at the end of its header (line {number}, column {len(line.rstrip())})"
        unreadable(what, where, "without the empty columns at the end of each line")
    if len(names) == len(expected) and not set(names) & set(expected):
        unreadable(f"has no header: its first line should be {header}", where, "with that line")
    missing = [name for key, name in expected.items() if key not in names]
    unexpected = [name for name in names if name not in expected]
    repeated = [name for key, name in expected.items() if names.count(key) > 1]
    parts = {"lacks the column": missing, "has the unexpected column": unexpected, "has twice the column": repeated}
    told = (f"{what}{'s' * (len(which) > 1)} {', '.join(which)[:500]}" for what, which in parts.items() if which)
    unreadable(" and ".join(told), where, f"with the header {header}")


def _refuse_letters(line: str, where: str, number: int) -> None:
    """Raises UnreadableFile for a letter that nobody sees, and so nobody finds by looking."""
    if "\r" in line:
        what = f"ends its lines with carriage returns (CR) alone (the first one is at line {number}, column {line.index(chr(13)) + 1})"
        unreadable(what, where, "with lines that end with LF or CRLF")
    for column, letter in enumerate(line, start=1):
        if letter not in " \t" and unicodedata.category(letter) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
            name = unicodedata.name(letter, "control character")
            what = f"has the invisible character U+{ord(letter):04X} ({name}) in its header, at line {number}, column {column}"
            unreadable(what, where, "without it")
