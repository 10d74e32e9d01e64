"""Names of files: as a source spells them, as they are stored, as messages show them."""

import unicodedata

from songify_assets.texts import printable

_SHOWN_LENGTH = 80


def readable(spelled: str) -> str:
    """A name that can be stored: UTF-8 or, where its bytes are none, what Western Windows or DOS would show for them.

    >>> readable(b"B\\xfccher.csv".decode("utf-8", "surrogateescape"))
    'Bücher.csv'
    """
    if spelled.isascii():
        return spelled
    raw = spelled.encode("utf-8", "surrogateescape")
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            pass
    return raw.decode("cp437")  # it has a letter for every byte


def trouble_with(name: str, most: int) -> str:
    """What keeps a name from being a file's here; empty if nothing does."""
    if "/" in name or name in ("", ".", ".."):
        return "its name is a path"
    if len(name) > most:
        return f"its name has {len(name):,} characters"
    if not name.isprintable() and any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in name):
        return "its name has control characters"
    return ""


def shown(name: str, most: int = _SHOWN_LENGTH) -> str:
    """A name, or what a server says, for a message: one line, not endless, and nothing in it that a terminal obeys.

    >>> shown("a\\x1b[2J.csv")
    'a\\\\x1b[2J.csv'
    """
    short = name if len(name) <= most else f"{name[:most]}…"
    return printable(short.replace("\n", "\\n").replace("\t", "\\t"))
