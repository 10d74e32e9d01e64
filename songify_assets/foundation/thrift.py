"""Thrift's compact protocol, as far as footers of Parquet files are written in it: structs are read and written as they are.

Own code, since what the package `fastparquet` has for it brings pandas to every load and ends the process on a value of a
wrong type, and Apache's `thrift` wants the code generated for each struct.
"""

from dataclasses import dataclass
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, BINARY, LIST, STRUCT = 1, 2, 3, 4, 5, 6, 8, 9, 12
Struct = dict[int, tuple[int, Any]]  # a field's number -> its type and value


@dataclass(frozen=True)
class Items:
    """A list: the type of its items, and these."""

    kind: int
    values: list[Any]


def read_struct(data: bytes) -> Struct:
    """The struct that data begin with. ValueError for a type that no footer has."""
    return _Reading(data).struct()


def write_struct(struct: Struct) -> bytes:
    """A struct as data.

    >>> read_struct(write_struct({1: (I32, -3), 40: (LIST, Items(BINARY, [b"a", b""])), 41: (TRUE, True)}))
    {1: (5, -3), 40: (9, Items(kind=8, values=[b'a', b''])), 41: (1, True)}
    """
    written = bytearray()
    _write_struct(written, struct)
    return bytes(written)


class _Reading:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def number(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def struct(self) -> Struct:
        fields: Struct = {}
        number = 0
        while head := self.byte():
            number = number + (head >> 4) if head >> 4 else self.number()
            kind = head & 0x0F
            fields[number] = kind, kind == TRUE if kind in (TRUE, FALSE) else self.value(kind)
        return fields

    def value(self, kind: int) -> Any:
        if kind in (I16, I32, I64):
            return self.number()
        if kind == BINARY:
            size = self.varint()
            self.at += size
            return self.data[self.at - size : self.at]
        if kind == STRUCT:
            return self.struct()
        if kind == LIST:
            head = self.byte()
            size = self.varint() if head >> 4 == 15 else head >> 4
            return Items(head & 0x0F, [self.value(head & 0x0F) for _ in range(size)])
        if kind in (TRUE, FALSE, BYTE):  # of a list
            return self.byte()
        raise ValueError(f"a footer with a value of Thrift's type {kind}")


def _write_varint(written: bytearray, value: int) -> None:
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)


def _write_struct(written: bytearray, struct: Struct) -> None:
    before = 0
    for number, (kind, value) in sorted(struct.items()):
        if 0 < number - before < 16:
            written.append((number - before) << 4 | kind)
        else:
            written.append(kind)
            _write_value(written, I16, number)
        if kind not in (TRUE, FALSE):
            _write_value(written, kind, value)
        before = number
    written.append(0)


def _write_value(written: bytearray, kind: int, value: Any) -> None:
    if kind in (I16, I32, I64):
        _write_varint(written, value << 1 if value >= 0 else (-value << 1) - 1)
    elif kind == BINARY:
        _write_varint(written, len(value))
        written += value
    elif kind == STRUCT:
        _write_struct(written, value)
    elif kind == LIST:
        size = len(value.values)
        written.append(min(size, 15) << 4 | value.kind)
        if size >= 15:
            _write_varint(written, size)
        for one in value.values:
            _write_value(written, value.kind, one)
    else:
        written.append(value)
