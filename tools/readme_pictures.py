"""Take the two pictures of README.md anew: the page while it learns, and a report.

Needs Chromium and Playwright; ``python tools/readme_pictures.py``
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "_static" / "pictures"
PAGE = ROOT / "src" / "walnet" / "playground" / "static" / "walnet.html"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTH = 900  # of the pictures
COLOURS = 128


def take_page(visit: Any, target: Path) -> None:
    """Take the playground while its network learns the two circles."""
    visit.goto(f"file://{PAGE}#s=e30")
    visit.get_by_role("combobox", name="Speed").select_option("0")
    visit.get_by_role("button", name="Play", exact=True).last.click()
    visit.wait_for_timeout(6000)
    visit.get_by_role("button", name="Pause", exact=True).click()
    visit.wait_for_timeout(1500)
    visit.screenshot(path=str(target))


def take_report(visit: Any, target: Path) -> None:
    """Take the head of the report on the penguins."""
    with tempfile.TemporaryDirectory() as folder:
        table = str(ROOT / "examples" / "penguins.csv")
        command = [sys.executable, "-m", "walnet", "train", table]
        command += ["--target", "species", "--quiet"]
        subprocess.run(command, cwd=folder, check=True)
        visit.goto(f"file://{folder}/penguins.html")
        visit.wait_for_timeout(500)
        visit.screenshot(path=str(target))


def shrink(path: Path) -> None:
    """Make a picture small: fewer points and fewer colours."""
    picture = Image.open(path).convert("RGB")
    height = round(picture.height * WIDTH / picture.width)
    small = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for take, name in ((take_page, "page.png"), (take_report, "report.png")):
            visit = browser.new_page(viewport={"width": 1200, "height": 760})
            take(visit, PICTURES / name)
            visit.close()
            shrink(PICTURES / name)
            print(f"{name}: {(PICTURES / name).stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
