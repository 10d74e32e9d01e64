"""The pictures of the pages in docs: `python -m songify_assets_tests.serving.screenshots docs` loads a demo and takes them anew."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from songify_assets_tests.browser import browsing
from songify_assets_tests.home import plain_environment
from songify_assets_tests.serving.site import site

# The picture's name, the page, the theme, the width and the height.
Theme = Literal["light", "dark"]
PICTURES: tuple[tuple[str, str, Theme, int, int], ...] = (
    ("pages-month", "/?month=2021-12", "light", 1280, 1000),
    ("pages-listening", "/listening", "dark", 1280, 1000),
    ("pages-narrow", "/subscriptions?currency=SEK", "light", 390, 1000),
)


def take(home: Path, folder: Path) -> None:
    """Takes the pictures of a loaded home."""
    folder.mkdir(parents=True, exist_ok=True)
    with site(home) as address, browsing() as page:
        for name, path, theme, width, height in PICTURES:
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": height})
            page.goto(address + path)
            page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png", (folder / f"{name}.png").stat().st_size, "bytes")


def main() -> None:
    """Loads the demo into a temporary home, and takes the pictures into the folder of the command line."""
    with TemporaryDirectory() as home:
        demo = [sys.executable, "-m", "songify_assets", "demo"]
        subprocess.run(demo, env={**plain_environment(), "SONGIFY_HOME": home}, check=True, stdout=subprocess.DEVNULL)
        take(Path(home) / "demo", Path(sys.argv[1]))


if __name__ == "__main__":
    main()
