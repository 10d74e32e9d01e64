"""Texts as cells that no spreadsheet runs: names come from outside."""

LONGEST_CELL = 32_767
ROWS_A_SHEET = 1_048_575  # below the header; Excel takes no more
# Excel, LibreOffice and others run a cell of a CSV file that begins so; an apostrophe before it makes it a text (OWASP).
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(cell: str) -> str:
    """A text as a cell of a CSV file that no spreadsheet runs.

    >>> harmless("=1+1"), harmless("1+1=2")
    ("'=1+1", '1+1=2')
    """
    return "'" + cell if cell.startswith(RUNS) else cell


def fitting(text: str) -> str:
    """A text that a cell can hold; the CSV file has all of a longer one."""
    return text if len(text.encode("utf-16-le")) // 2 <= LONGEST_CELL else text[: LONGEST_CELL // 2] + "…"
