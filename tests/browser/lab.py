"""`Lab` and `Notebook`: pages of JupyterLab and of Notebook 7, driven as a reader would."""

from __future__ import annotations

from typing import Any

from visit import MINUTE, SELDOM, Visit

READY = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
SHOWN = """(path) => window.jupyterapp?.shell?.currentWidget?.context?.path === path
    && document.querySelector('.jp-Notebook .jp-Cell')"""
RAN = """() => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map(e => e.textContent);
    return prompts.length > 0 && prompts.every(text => /\\[\\d+\\]/.test(text));
}"""
# They return nothing: what the commands return, the document with all that belongs to it, takes 3 s to serialize.
OPEN = "async (path) => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }"
THEME = "async (theme) => { await window.jupyterapp.commands.execute('apputils:change-theme', {theme}); }"
# Disposed, not closed: JupyterLab asks in a dialog what to do with a notebook that changed after it was saved.
DISCARD = """() => [...window.jupyterapp.shell.widgets('main')].forEach(widget => {
    if (widget.context) widget.context.model.dirty = false;
    widget.dispose();
})"""


class Lab(Visit):
    """Opens notebooks, runs their cells, and notes what the page asked for and complained about."""

    noise = (
        "Could not restore the debugger state",  # it asks the debugger of a kernel that is being shut down
        "TypeError: Cannot read properties of null (reading 'footer')",  # it gives a notebook that is closed the focus
    )

    def visit(self, name: str) -> None:
        if self.page.url.startswith(self._server):  # loading the application takes most of the time
            self.page.evaluate(OPEN, name)
        else:
            self.page.goto(f"{self._server}/lab/tree/{name}?reset")
        self._wait_until_open(name)

    def run_all(self, *, wait: bool = True) -> None:
        """Run all cells."""
        self.command("notebook:run-all-cells")
        if wait:
            self.page.wait_for_function(RAN, timeout=MINUTE, polling=SELDOM)

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")

    def shut_down(self) -> None:
        """End the kernel of the notebook."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def command(self, name: str, **arguments: Any) -> None:
        """Execute one of JupyterLab's commands, without waiting for its end."""
        self.page.evaluate("([name, args]) => { window.jupyterapp.commands.execute(name, args); }", [name, arguments])

    def theme(self, name: str) -> None:
        theme = f"JupyterLab {name.capitalize()}"
        self.page.evaluate(THEME, theme)
        light = str(name == "light").lower()
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached", timeout=MINUTE)

    def close(self) -> None:
        """Shut the kernel down, close all notebooks and let the page be."""
        self.page.wait_for_function(RAN, timeout=MINUTE, polling=SELDOM)  # a cell cut off is an error of the page
        self.shut_down()
        if self.page.locator("body").get_attribute("data-jp-theme-light") == "false":
            self.theme("light")
        self.page.evaluate(DISCARD)
        self.page.wait_for_function("() => !document.querySelector('.jp-Notebook')", timeout=MINUTE, polling=SELDOM)
        super().close()

    def _wait_until_open(self, name: str) -> None:
        self.page.wait_for_function(SHOWN, arg=name, timeout=MINUTE, polling=SELDOM)
        # Running before the kernel is connected opens a dialog that asks for one.
        self.page.wait_for_function(READY, timeout=MINUTE, polling=SELDOM)


class Notebook(Lab):
    """Notebook 7: the same application with one document in it, from the same server."""

    # it looks for settings and a file browser that it has not, also on a page with nothing of ours
    noise = (
        *Lab.noise,
        "Cannot read properties of undefined (reading 'schema')",
        "Command 'filebrowser:open-path' not registered",
    )

    def visit(self, name: str) -> None:
        self.page.goto(f"{self._server}/notebooks/{name}")
        self._wait_until_open(name)

    def close(self) -> None:
        self.shut_down()
        self.page.evaluate("() => { window.jupyterapp.shell.currentWidget.context.model.dirty = false; }")
        Visit.close(self)
