"""Names of the sheets of an Excel workbook."""

import unicodedata
from collections.abc import Iterable

LONGEST = 31  # UTF-16 units, as Excel counts
FORBIDDEN = frozenset("[]:*?/\\")
RESERVED = frozenset({"history"})
NAMELESS = "no name"


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Names that Excel takes, each as near to the wanted one as its rules allow, and no two alike but for case.

    >>> sheet_names(["SE", "unknown", "Unknown", "[]"])
    ['SE', 'unknown', 'Unknown (2)', '__']
    """
    names, taken = list[str](), set(RESERVED)
    for text in wanted:
        base, number = _allowed(text), 1
        name = base
        while _compared(name) in taken:
            number += 1
            name = _cut(base, f" ({number})")
        taken.add(_compared(name))
        names.append(name)
    return names


def _allowed(text: str) -> str:
    """The text without what Excel forbids: some characters, what cannot be printed, apostrophes at either end."""
    kept = "".join("_" if letter in FORBIDDEN or not letter.isprintable() else letter for letter in text)
    return _cut(kept.strip().strip("'"), "").strip("'") or NAMELESS


def _cut(name: str, suffix: str) -> str:
    """The name with the suffix, no longer than a sheet's name may be."""
    while _length(name + suffix) > LONGEST:
        name = name[:-1]
    return name + suffix


def _length(name: str) -> int:
    return len(name.encode("utf-16-le")) // 2


def _compared(name: str) -> str:
    """What two names that Excel takes for one have in common."""
    return unicodedata.normalize("NFKC", name.lower()).casefold()
