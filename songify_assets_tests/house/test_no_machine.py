"""The repository works anywhere: no file names the machine it was written on, or a place that packages come from."""

import re
from pathlib import Path

import pytest

from songify_assets_tests.house.tree import ROOT, kept_files, name

# Each with a bracket somewhere, so that this file does not find itself.
FORBIDDEN = {
    "a place that packages come from": re.compile(
        r"py[p]i\.org|python[h]osted|registry\.n[p]mjs|conda\.an[a]conda|index[-_]ur[l]|find[-]links|crates\.i[o]/"
    ),
    "a folder of somebody's machine": re.compile(r"(?<![\w.>}-])/(?:home|root|work|Users)(?=/)"),
}


def test_no_lock_file_that_names_a_registry():
    locks = {"uv.lock", "poetry.lock", "package-lock.json", "yarn.lock", "Pipfile.lock"}
    assert [entry.name for entry in ROOT.iterdir() if entry.name in locks] == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str):
    found = []
    for path in kept_files():
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:120]}")
    assert not found, f"{what}:\n" + "\n".join(found)


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_requirements_are_pinned_with_hashes():
    for file in ROOT.glob("requirements*.txt"):
        text = file.read_text(encoding="utf-8").replace("\\\n", " ")
        loose = [line for line in text.splitlines() if not re.search(r"==\S+ .*--hash=sha256:", line)]
        assert loose == [], f"{file.name}: regenerate it with make requirements"
