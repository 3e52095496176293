"""`Lab`: one page of JupyterLab, driven as a reader would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

READY = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
SHOWN = """(path) => window.jupyterapp?.shell?.currentWidget?.context?.path === path
    && document.querySelector('.jp-Notebook .jp-Cell')"""
RAN = """() => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map(e => e.textContent);
    return prompts.length > 0 && prompts.every(text => /\\[\\d+\\]/.test(text));
}"""
# Disposed, not closed: JupyterLab asks in a dialog what to do with a notebook that changed after it was saved.
DISCARD = """() => [...window.jupyterapp.shell.widgets('main')].forEach(widget => {
    if (widget.context) widget.context.model.dirty = false;
    widget.dispose();
})"""
# JupyterLab's own: it asks the debugger of a kernel that is being shut down.
NOISE = ("Could not restore the debugger state",)
LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
MINUTE = 60_000


class Lab:
    """Opens notebooks, runs their cells, and notes what the page asked for and complained about."""

    def __init__(self, page: Any, server: str, folder: Path, screenshots: Path) -> None:
        self.page = page
        self.outside: list[str] = []
        self.errors: list[str] = []
        self._server = server
        self._folder = folder
        self._screenshots = screenshots
        self._listeners = {"request": self._requested, "console": self._logged, "pageerror": self._raised}
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def open(self, name: str, *cells: str) -> None:
        """Make a notebook of these cells and open it, with a kernel that is ready."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self._folder / name)
        self.visit(name)

    def visit(self, name: str) -> None:
        """Open a notebook that is there already."""
        if self.page.url.startswith(self._server):  # loading the application takes most of the time
            self.page.evaluate("(path) => window.jupyterapp.commands.execute('docmanager:open', {path})", name)
        else:
            self.page.goto(f"{self._server}/lab/tree/{name}?reset")
        self.page.wait_for_function(SHOWN, arg=name, timeout=MINUTE)
        # Running before the kernel is connected opens a dialog that asks for one.
        self.page.wait_for_function(READY, timeout=MINUTE)

    def run_all(self, *, wait: bool = True) -> None:
        """Run all cells."""
        self.command("notebook:run-all-cells")
        if wait:
            self.page.wait_for_function(RAN, timeout=MINUTE)

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def shut_down(self) -> None:
        """End the kernel of the notebook."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def command(self, name: str, **arguments: Any) -> None:
        """Execute one of JupyterLab's commands, without waiting for its end."""
        self.page.evaluate("([name, args]) => { window.jupyterapp.commands.execute(name, args); }", [name, arguments])

    def theme(self, name: str) -> None:
        """Change to "JupyterLab Dark" or "JupyterLab Light"."""
        self.page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        light = str(name.endswith("Light")).lower()
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached", timeout=MINUTE)

    def picture(self, name: str, selector: str | None = None) -> Path:
        """Keep a picture of an element, or of the whole page, under build/screenshots."""
        path = self._screenshots / f"{name}.png"
        subject = self.page.locator(selector).first if selector else self.page
        subject.screenshot(path=path)
        return path

    def both_themes(self, name: str, selector: str) -> None:
        """Keep a picture in the light and in the dark theme."""
        for theme in ("Light", "Dark"):
            self.theme(f"JupyterLab {theme}")
            self.page.locator(selector).first.scroll_into_view_if_needed()
            self.page.wait_for_timeout(300)  # the theme's style sheet fades in
            self.picture(f"{name}-{theme.lower()}", selector)
        self.theme("JupyterLab Light")

    def close(self) -> None:
        """Shut the kernel down, close all notebooks and let the page be."""
        self.page.wait_for_function(RAN, timeout=MINUTE)  # a cell that is cut off is an error of the page's
        self.shut_down()
        self.page.evaluate(DISCARD)
        self.page.wait_for_function("() => !document.querySelector('.jp-Notebook')", timeout=MINUTE)
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith(LOCAL):
            self.outside.append(request.url)

    def _raised(self, error: Any) -> None:
        self.errors.append(str(error))

    def _logged(self, message: Any) -> None:
        if message.type == "error" and not message.text.startswith(NOISE):
            self.errors.append(message.text[:300])
