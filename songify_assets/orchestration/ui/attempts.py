"""What may fail without failing what it belongs to: a preview, a picture, a check."""

import polars as pl

# Polars panics with an exception that is no Exception.
FAILURES = (Exception, pl.exceptions.PanicException)


def why(error: BaseException) -> str:
    """What went wrong, in a line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
