"""Imports Pandera without pandas and Spark, which would be most of it (all models here are of Polars), and without Hypothesis.

Imported first by whoever imports models: a process that has imported Pandera otherwise is half a second of CPU late. Polars is
imported before: it notes for ever which packages are not there.
"""

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

import polars


class Absent(MetaPathFinder):
    """Says of packages that they are not there."""

    def __init__(self, *packages: str) -> None:
        self._packages = packages

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Raises ModuleNotFoundError for these packages, and knows nothing of any other."""
        if fullname in self._packages:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def _import_pandera() -> None:
    absent = Absent("pandas", "pyspark", "hypothesis")
    sys.meta_path.insert(0, absent)
    try:
        import pandera.polars  # noqa: F401
        from pandera.backends.register_checks import register_default_check_backends

        # Looks once whether there is pandas, at the first check if not here.
        register_default_check_backends(polars.DataFrame)
    finally:
        sys.meta_path.remove(absent)


_import_pandera()
