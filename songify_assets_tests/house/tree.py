"""The files of the repository, as the house tests read them."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from os import walk
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "songify_assets"
MODULES = sorted(PACKAGE.rglob("*.py"))
DATASETS = sorted(folder.parent.name for folder in PACKAGE.glob("datasets/*/__init__.py"))

ROOMS = {"feeds", "tables", "transforms", "assets", "checks", "pictures", "sql"}
# Rooms that one dataset alone has, and why.
OWN_ROOMS = {
    "engagement/declared": "the funnels and features that are followed: a few lines each, for product managers to read and to add to",
    "royalties/close": "statements of closed months for people who use spreadsheets: which tables of them",
    "royalties/countries": "the list of ISO 3166, which one check compares with",
    "royalties/sheets": "its readers use spreadsheets: a typed pandas frame, written as CSV and Excel",
    "subscriptions/close": "the monthly close for people who use spreadsheets: which tables of it, and what must add up",
    "payments/close": "the same",
    "marketing/close": "the same",
    "viewing/questions": "its questions are SQL files, asked of the tables of a month",
}


def name(path: Path) -> str:
    """A file's path below the root, as test ids and messages show it."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The module's name: `songify_assets.foundation.feeds`; a folder's `__init__` is the folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a module imports, inside functions too, relative imports resolved."""
    package = dotted(path).split(".")[: None if path.name == "__init__.py" else -1]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file of the checkout that .gitignore does not name."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = [line.rstrip("/") for line in lines if line and not line.startswith("#")]

    def is_kept(entry: str) -> bool:
        return entry != ".git" and not any(fnmatch(entry, pattern) for pattern in ignored)

    found: list[Path] = []
    for folder, folders, files in walk(ROOT):
        folders[:] = filter(is_kept, folders)
        found += [Path(folder, file) for file in files if is_kept(file)]
    return tuple(sorted(found))
