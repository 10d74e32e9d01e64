"""The page `/live`: what is counted, as it comes."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def html() -> str:
    """The page."""
    return (STATIC / "live.html").read_text("utf-8")
