"""How a sender writes a CSV file, where it is not as most do: its delimiter, its decimal comma, its dates."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Dialect:
    """What divides fields, what divides a number's decimals, and how dates are written (as for `strptime`; None: ISO 8601).

    A number with a separator of thousands is none: it could be another number elsewhere.
    """

    delimiter: str = ","
    decimal: str = "."
    dates: str | None = None

    def __post_init__(self) -> None:
        if len(self.delimiter.encode()) != 1 or self.delimiter in ('"', "\n", "\r", "."):
            raise ValueError(f"{self.delimiter!r} cannot divide the fields of a CSV file")
        if self.decimal not in (".", ","):
            raise ValueError(f"{self.decimal!r} cannot divide the decimals of a number")

    def plain(self, records: pl.DataFrame, dtypes: Mapping[str, pl.DataType]) -> pl.DataFrame:
        """The texts of numbers and dates as most senders write them.

        >>> texts = pl.DataFrame({"spent": ["1,50", "1.234,50"], "on": ["31.12.2021", "2021-12-31"]})
        >>> dtypes = {"spent": pl.Float64(), "on": pl.Date()}
        >>> Dialect(";", ",", "%d.%m.%Y").plain(texts, dtypes).rows()
        [('1.50', '2021-12-31'), ('1,234.50', None)]
        """
        if self.decimal == "," or self.dates:
            return records.with_columns(self._plain(name, dtype) for name, dtype in dtypes.items())
        return records

    def _plain(self, name: str, dtype: pl.DataType) -> pl.Expr:
        text = pl.col(name)
        if dtype.is_numeric() and self.decimal == ",":
            return text.str.replace_many([".", ","], [",", "."])
        if dtype == pl.Date and self.dates:
            return text.str.strip_chars().str.to_date(self.dates, strict=False).dt.to_string("iso")
        return text


COMMON = Dialect()
