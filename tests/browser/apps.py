"""`Voila`, `Marimo` and `Saved`: notebooks shown by programs that run them at once, or only show what was saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from visit import MINUTE, Visit


class Voila(Visit):
    """A notebook without its cells, run by the Jupyter server when it is opened."""

    # it offers JupyterLab's extensions less than they share, and its template asks for Font Awesome and MathJax, which
    # fails without network: on a page with nothing of ours as well
    noise = ("Error: The getter for the shared module is not a function", "Failed to load resource", "Access to ")
    elsewhere = ("https://cdn.jsdelivr.net/", "https://cdnjs.cloudflare.com/")

    def visit(self, name: str, theme: str = "light") -> None:
        self._name = name
        self.page.goto(f"{self._server}/voila/render/{name}?theme={theme}", timeout=MINUTE)

    def theme(self, name: str) -> None:
        """A page is made in its theme: open it again."""
        self.visit(self._name, name)


class Marimo(Visit):
    """A marimo notebook: to edit, or run as an app; light or dark as the system is."""

    @classmethod
    def write(cls, path: Path, cells: tuple[str, ...]) -> None:
        """Make a Jupyter notebook of these cells, and let marimo convert it."""
        jupyter = path.with_suffix(".ipynb")
        super().write(jupyter, cells)
        convert = [sys.executable, "-m", "marimo", "-q", "-y", "convert", str(jupyter), "-o", str(path)]
        subprocess.run(convert, check=True, cwd=path.parent)

    def visit(self, name: str) -> None:
        self.page.goto(f"{self._server}/?file={name}")

    def theme(self, name: str) -> None:
        self.page.emulate_media(color_scheme=name)
        self.page.wait_for_function("(name) => document.body.classList.contains(name)", arg=name, timeout=MINUTE)


class Saved(Visit):
    """An exported page, opened from disk by a reader whose system is light or dark."""

    def visit(self, name: str) -> None:
        self.page.goto((self._folder / name).as_uri())

    def theme(self, name: str) -> None:
        self.page.emulate_media(color_scheme=name)
