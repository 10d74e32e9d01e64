"""The README and docs name what there is, and nothing that there is not."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from songify_assets.definitions import build_definitions
from songify_assets.orchestration.alerts.sensor import alerts_sensor
from songify_assets.settings import Settings
from songify_assets_tests.house.commands import COMMANDS
from songify_assets_tests.house.tree import ROOT, name

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
# What a user reads; CHANGELOG and decisions may speak of what is no more.
MANUAL = {page: text for page, text in TEXTS.items() if page.name != "CHANGELOG.md" and "decisions" not in page.parts}
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
# A field of Settings that is not set by a variable of its own name.
VARIABLES = {"source_urls": "SONGIFY_DROPS_URL_<SOURCE>"}


def code(text: str) -> list[str]:
    """The lines of fenced blocks, without prompt and comment, and the pieces of inline code."""
    fenced = [line.strip().removeprefix("$ ") for block in FENCE.findall(text) for line in block.splitlines()[1:-1]]
    return [line.split(" #")[0].strip() for line in [*fenced, *CODE.findall(FENCE.sub("", text))]]


def headings(text: str) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented(field: str):
    variable = VARIABLES.get(field, f"SONGIFY_{field.upper()}")
    assert any(re.search(re.escape(variable) + r"(?![\w<])", text) for text in MANUAL.values()), variable


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str):
    assert any(command in text for text in MANUAL.values())


@pytest.mark.parametrize("page", MANUAL, ids=name)
def test_documented_commands_and_options_exist(page: Path):
    wrong = []
    for line in code(MANUAL[page]):
        if not line.startswith("songify "):
            continue
        words = shlex.split(line.split(" | ")[0], comments=True)
        command = next((known for known in COMMANDS if words[: len(known.split())] == known.split()), None)
        if command is None:
            is_group = any(known.startswith(" ".join(words[:2]) + " ") for known in COMMANDS)
            if not is_group and not words[1].startswith(("-", "<", "[")):
                wrong.append(line)
            continue
        known = {"--help", *(opt for param in COMMANDS[command].params for opt in (*param.opts, *param.secondary_opts))}
        used = {option for word in words for option in re.findall(r"^\[?(--[a-z-]+)", word)}
        wrong += [f"{line}: {option}" for option in used - known]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path):
    dead = []
    for target in LINK.findall(FENCE.sub("", TEXTS[page])):
        path, _, anchor = target.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and there in TEXTS and anchor not in headings(TEXTS[there])):
            dead.append(target)
    assert not dead


@pytest.mark.parametrize("page", MANUAL, ids=name)
def test_make_targets_exist(page: Path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {found for line in code(MANUAL[page]) for found in re.findall(r"(?:^|&& )make ([a-z]+)", line)}
    assert used <= targets


def test_operations_names_how_often_each_part_runs(tmp_path: Path):
    rows = re.findall(
        r"^\| (sensors?|schedule|run monitoring)(.*?) \|.*\| (.*?) \|$",
        TEXTS[ROOT / "docs/operations.md"],
        re.MULTILINE,
    )
    told = {name: often for _, names, often in rows for name in re.findall(r"`(\w+)`", names) or ["run monitoring"]}
    settings = Settings(home=tmp_path / "home")
    built = build_definitions(settings)
    every = [*(built.sensors or ()), alerts_sensor(settings)]
    sensors = {sensor.name: f"every {sensor.minimum_interval_seconds} s" for sensor in every}
    crons = {schedule.name: schedule.cron_schedule for schedule in built.schedules or ()}
    for sensor, often in sensors.items():
        assert told.pop(sensor).startswith(often), sensor
    for schedule, cron in crons.items():
        minute, hour, day = str(cron).split()[:3]
        assert told.pop(schedule) == f"{int(hour):02}:{int(minute):02}" + (" on the 1st" if day == "1" else ""), (
            schedule
        )
    shipped = yaml.safe_load((ROOT / "songify_assets/orchestration/dagster.yaml").read_text(encoding="utf-8"))
    assert told == {"run monitoring": f"every {shipped['run_monitoring']['poll_interval_seconds']} s"}


def test_contributing_names_every_folder_of_tests():
    folders = {path.parent for path in (ROOT / "songify_assets_tests").glob("*/*.py")}
    text = TEXTS[ROOT / "CONTRIBUTING.md"]
    assert {folder.name for folder in folders if folder.name not in text} == {"moved_clock"}, (
        "what a test starts, no tests"
    )
