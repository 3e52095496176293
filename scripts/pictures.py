"""Runs the gallery in JupyterLab, light and dark, and keeps its outputs as pictures for the README and the guides.

A cell whose metadata say `"picture": NAME` becomes `docs/pictures/NAME-light.png` and `NAME-dark.png`. Called by `make
pictures`; needs the `dev` extra and a Chromium. With names as arguments it takes those pictures only.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab import Lab

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "notebooks" / "08-gallery.ipynb"
PICTURES = ROOT / "docs" / "pictures"
# as wide as a reader's window, and high enough for the highest output
VIEWPORT = {"width": 1280, "height": 1400}
TAGGED = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell, at) => [at, cell.model.getMetadata("picture") ?? ""]).filter(([, name]) => name)"""

COMMANDS = (
    "framework plan library:statistics length",
    "framework diagnose library:pages --run",
    "framework archives results",
)
LIBRARY = """
import logging
from framework.core import AbstractProcessor, Event, Pipeline
from framework.reactive import reactive

logging.getLogger("framework").setLevel(logging.CRITICAL)
PAGES = ["roses grow in gardens", "ships wait in harbours", "rivers grow"]


@reactive(provides="page", persist=True)
def pages_of_it(context):
    yield from PAGES


@reactive(provides="length", requires=["page"], persist=True)
def lengths(context, page):
    yield len(page.split())


class Words(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="page", text=text):
                context.submit(Event("wrod", word=text.split()[0]))


class Index(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="word", word=word):
                pass


statistics = Pipeline([pages_of_it, lengths], workspace="results", name="statistics")
statistics.resolve("length")
pages = Pipeline([Words(), Index()], name="pages")
for text in PAGES:
    pages.submit(Event("page", text=text))
if __name__ == "__main__":
    statistics.run()
"""

sys.path.insert(0, str(ROOT / "tests" / "browser"))


def main(names: Sequence[str]) -> None:
    """Take the pictures of these names, all of them where none is given."""
    from lab import Lab
    from playwright.sync_api import sync_playwright
    from servers import CHROMIUM, chromium, jupyter

    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        folder, state = Path(home, "notebooks"), Path(home, "state")
        folder.mkdir()
        state.mkdir()
        shutil.copy(GALLERY, folder)
        os.environ |= {f"JUPYTER_{kind}_DIR": str(state / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        os.environ |= {"IPYTHONDIR": str(state / "ipython"), "FRAMEWORK_KEY_FILE": str(state / "key")}
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM)
        page = browser.new_page(viewport=VIEWPORT, device_scale_factor=1.5)
        with jupyter(folder, state) as server:
            lab = Lab(page, server, folder)
            lab.visit(GALLERY.name)
            lab.command("application:toggle-left-area")
            lab.run_all()
            PICTURES.mkdir(parents=True, exist_ok=True)
            for theme in ("light", "dark"):
                lab.theme(theme)
                page.wait_for_timeout(1000)  # the theme's style sheet fades in
                for at, name in page.evaluate(TAGGED):
                    if names and name not in names:
                        continue
                    _take(lab, at, PICTURES / f"{name}-{theme}.png")
            lab.close()
        browser.close()
    if not names:
        _terminal()


def _terminal() -> None:
    """Keep what some commands print in a terminal, as a picture that fetches no font."""
    from rich.console import Console
    from rich.terminal_theme import MONOKAI
    from rich.text import Text

    console = Console(record=True, width=100, file=io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "library.py").write_text(LIBRARY, encoding="utf-8")
        _typed("library", folder)
        for line in COMMANDS:
            written = _typed(line, folder)
            console.print(Text.assemble(("$ ", "green"), line))
            console.print(Text.from_ansi(written))
            console.print()
    svg = console.export_svg(title="framework", theme=MONOKAI, unique_id="terminal")
    svg = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", svg, flags=re.DOTALL)
    (PICTURES / "terminal.svg").write_text(svg, encoding="utf-8")
    print("docs/pictures/terminal.svg")


def _typed(line: str, folder: str) -> str:
    """Run a command in a terminal of 100 columns and return what it writes."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "100", "FRAMEWORK_KEY_FILE": str(Path(folder, "key"))}
        os.execv(sys.executable, [sys.executable, "-m", *line.split()])
    written = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(terminal, 65536):
            written += part
    os.waitpid(child, 0)
    return written.decode().replace("\r\n", "\n")


def _take(lab: Lab, at: int, path: Path) -> None:
    cell = lab.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{at}"]')
    lab.page.evaluate("(at) => window.jupyterapp.shell.currentWidget.content.scrollToItem(at)", at)
    output = cell.locator(".jp-OutputArea-output").last
    output.wait_for()
    output.scroll_into_view_if_needed()
    lab.page.wait_for_timeout(300)
    shown = output.locator(".fw, .fw-shown, table.dataframe").first
    box = shown.bounding_box()
    width = min(shown.evaluate(WIDTH), output.bounding_box()["width"]) + 12
    clip = {"x": box["x"] - 6, "y": box["y"] - 6, "width": width, "height": box["height"] + 12}
    lab.page.screenshot(path=path, clip=clip)
    print(path.relative_to(ROOT), f"{clip['width']:.0f} x {clip['height']:.0f} px")


# Up to where something is painted: tables and pictures seldom fill the line.
WIDTH = """(shown) => shown.matches(".fw") ? shown.clientWidth : Math.max(...[...shown.querySelectorAll("*")]
    .filter((e) => e.matches("img, table, svg, pre, span, summary") || [...e.childNodes].some((n) => n.nodeType === 3))
    .map((e) => {
        const range = document.createRange();
        range.selectNodeContents(e);
        return Math.max(e.matches("img, table, svg") ? e.getBoundingClientRect().right : 0,
            range.getBoundingClientRect().right);
    })) - shown.getBoundingClientRect().left"""


if __name__ == "__main__":
    main(sys.argv[1:])
