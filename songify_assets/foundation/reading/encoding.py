"""What the first bytes of a file tell: where its text begins, or what it is instead of UTF-8 text."""

import codecs
from io import BufferedReader
from typing import NoReturn

from songify_assets.errors import UnreadableFile

BOM = codecs.BOM_UTF8
_HEAD = 2**12
_OTHERS = {
    codecs.BOM_UTF32_LE: "UTF-32 text",
    codecs.BOM_UTF32_BE: "UTF-32 text",
    codecs.BOM_UTF16_LE: "UTF-16 text",
    codecs.BOM_UTF16_BE: "UTF-16 text",
    b"\x1f\x8b": "compressed with gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"PK\x03\x04": "a zip archive or a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"PAR1": "a Parquet file",
}


def begin_of_text(file: BufferedReader, where: str) -> int:
    """Where the text of a file begins, after its byte order marks; raises UnreadableFile when it is no UTF-8 text."""
    file.seek(0)
    head = file.read(_HEAD)
    for magic, kind in _OTHERS.items():
        if head.startswith(magic):
            shown = magic.hex(" ").upper()
            name = kind.startswith("compressed") or kind.startswith("a zip")
            remedy = "plain, or under the name of what it is" if name else "as text in UTF-8"
            unreadable(f"is {kind}, not UTF-8 text (its first bytes are {shown})", where, remedy)
    for zeros, letters, order in ((1, 0, "LE"), (0, 1, "BE")):
        if len(head) > 3 and head[zeros::2].count(0) > 0.8 * len(head[zeros::2]) and not head[letters::2].count(0):
            unreadable(f"is UTF-16{order} text without a byte order mark, not UTF-8", where, "saved as UTF-8")
    begin = 0
    while head.startswith(BOM, begin):
        begin += len(BOM)
    return begin


def unreadable(what: str, where: str, how: str) -> NoReturn:
    """Raises UnreadableFile: what is wrong with a file, and how the sender should deliver it."""
    raise UnreadableFile(what, where=where, remedy=f"Ask the sender to deliver it again, {how}.") from None


def not_utf8(data: bytes, where: str, line: int) -> NoReturn:
    """Raises UnreadableFile for a line that is not UTF-8, naming its first wrong byte."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        column = len(data[: error.start].decode()) + 1
        what = f"is not UTF-8 text: the byte {data[error.start]:02X} at line {line}, column {column} (Latin-1 or Windows-1252?)"
        unreadable(what, where, "saved as UTF-8")
    raise ValueError("the line is UTF-8")


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8 text."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
