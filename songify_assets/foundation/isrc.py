"""ISRCs, the codes of recordings (ISO 3901): two letters, three letters or digits, seven digits."""

from dataclasses import dataclass

import polars as pl

_CODE = r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"


@dataclass(frozen=True)
class Isrc:
    """A code as its twelve characters, however it is written: `ISRC GB-AJY-12-34567`, in lower case, with blanks or hyphens.

    >>> codes = pl.DataFrame({"isrc": ["ISRC GB-AJY-12-34567", "us qx9 1300108", "AGIT840000T2"]})
    >>> codes.select(Isrc().values("isrc"))["isrc"].to_list()
    ['GBAJY1234567', 'USQX91300108', None]
    """

    kind: str = "an ISRC: two letters, three letters or digits, seven digits"

    def values(self, name: str) -> pl.Expr:
        """The codes of a column; null for what is none."""
        return compact(pl.col(name))


def compact(code: pl.Expr) -> pl.Expr:
    """A written code as its twelve characters; null for what is none."""
    bare = code.str.to_uppercase().str.replace_all(r"[\s\p{Pd}]", "")
    bare = pl.when(bare.str.len_chars() > 12).then(bare.str.replace(r"^ISRC:?", "")).otherwise(bare)
    return pl.when(bare.str.contains(_CODE)).then(bare)
