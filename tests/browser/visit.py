"""`Visit`: one page of a notebook program, what it asked for and complained about, and whether it can be read."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import nbformat

LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:", "file:")
MINUTE = 60_000
SOON = 10_000
"""What a widget shows by itself, or after a click, is there within this, in ms; also on a machine that is busy."""
SELDOM = 100
"""Between two looks of a long wait, in ms: looking at every frame keeps the browser drawing, on the processor."""
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
VIEWPORT = {"width": 1280, "height": 1000}
CORNER = """async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(6, 6, 1, 1).data[0] > 127 ? "light" : "dark";
}"""
LEGIBLE = (Path(__file__).parent / "legible.js").read_text(encoding="utf-8")


class Visit:
    """Opens notebooks in some program; its subclasses know how."""

    noise: tuple[str, ...] = ()
    """How errors begin that the program itself logs."""
    elsewhere: tuple[str, ...] = ()
    """Addresses outside that the program itself asks."""

    def __init__(self, page: Any, server: str, folder: Path) -> None:
        self.page = page
        self.outside: list[str] = []
        self.errors: list[str] = []
        self._server = server
        self._folder = folder
        self._listeners = {"request": self._requested, "console": self._logged, "pageerror": self._raised}
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def open(self, name: str, *cells: str) -> None:
        """Make a notebook of these cells and open it, with a kernel that is ready."""
        self.write(self._folder / name, cells)
        self.visit(name)

    @classmethod
    def write(cls, path: Path, cells: tuple[str, ...]) -> None:
        """Make a Jupyter notebook of these cells."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, path)

    def visit(self, name: str) -> None:
        """Open a notebook that is there already."""
        raise NotImplementedError

    def run_all(self) -> None:
        """Run all cells, where that does not come with opening."""

    def theme(self, name: str) -> None:
        """Change to "light" or "dark"."""
        raise NotImplementedError

    def picture(self, name: str, selector: str | None = None) -> Path:
        """Keep a picture of an element, or of the whole page, under build/screenshots."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        subject = self.page.locator(selector).first if selector else self.page
        subject.screenshot(path=path)
        return path

    def both_themes(self, name: str, selector: str) -> None:
        """Keep a picture in the light and in the dark theme."""
        for theme in ("light", "dark"):
            self.theme(theme)
            self.page.locator(selector).first.scroll_into_view_if_needed()
            self.page.wait_for_timeout(300)  # the theme's style sheet fades in
            self.picture(f"{name}-{theme}", selector)
        self.theme("light")

    def corner(self, selector: str) -> str:
        """Return whether the top left corner of an element is "light" or "dark", as it is painted."""
        painted = base64.b64encode(self.page.locator(selector).first.screenshot()).decode()
        return str(self.page.evaluate(CORNER, painted))

    def illegible(self, selector: str) -> list[str]:
        """Read every text in these elements: what is smaller than 11 px, of too little contrast, or cut off."""
        found: list[str] = self.page.evaluate(LEGIBLE, selector)
        return found

    def close(self) -> None:
        """Leave the page."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith((*LOCAL, *self.elsewhere)):
            self.outside.append(request.url)

    def _raised(self, error: Any) -> None:
        self._complained(str(error))

    def _logged(self, message: Any) -> None:
        if message.type == "error":
            self._complained(message.text)

    def _complained(self, text: str) -> None:
        if not text.startswith(self.noise):
            self.errors.append(text[:300])
