"""`Bare`: a page that shows a widget without JupyterLab, with its own script and style sheet and its view in Python."""

from __future__ import annotations

import json
from typing import Any

from visit import LEGIBLE, SCREENSHOTS

PAGE = """<!doctype html><meta charset="utf-8"><style>{css}</style>
<body style="margin:0;color-scheme:light"><div id="cell" style="width:{width}px"></div></body>"""
# What anywidget hands to a script, with one view behind it; every command is answered with the state after it.
SHOW = """async ([script, data]) => {
    const listeners = {};
    const tell = (changed) => {
        Object.assign(data, changed);
        for (const name of Object.keys(changed)) for (const listener of listeners[`change:${name}`] ?? []) listener();
    };
    const model = {
        get: (name) => data[name],
        on: (name, listener) => { (listeners[name] ??= []).push(listener); },
        off: (name, listener) => { listeners[name] = (listeners[name] ?? []).filter((known) => known !== listener); },
        send: async (command) => tell(JSON.parse(await window.toPython(JSON.stringify(command)))),
    };
    window.refresh = async () => tell(JSON.parse(await window.toPython("null")));
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const widget = await import(address);
    widget.default.render({ model, el: document.getElementById("cell") });
}"""
# The size in px of every letter of a picture, as it is on the screen.
LETTERS = """() => [...document.querySelectorAll('.fw-canvas text')]
    .filter((text) => text.textContent.trim())
    .map((text) => text.ownerSVGElement.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize))"""
OTHER_LETTERS = """(within) => [...document.querySelectorAll(`${within} *`)]
    .filter((one) => !one.closest('svg') && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((one) => parseFloat(getComputedStyle(one).fontSize))"""
SHOWN_ABOVE = "(element) => element.scrollWidth > element.clientWidth"


class Bare:
    """Shows a widget in a cell of some width, and answers its commands from its view."""

    def __init__(self, context: Any) -> None:
        self.errors: list[str] = []
        self._view: Any = None
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.expose_function("toPython", self._answer)

    def show(self, widget: Any, view: Any, width: int, height: int = 900, wide: int = 40) -> None:
        """Show a widget class with that view in a cell of that width in px."""
        self._view = view
        self.page.set_viewport_size({"width": width + wide, "height": height})
        self.page.set_content(PAGE.format(css=widget._css, width=width))
        self.page.evaluate(SHOW, [str(widget._esm), {**self._data(), "moved": ""}])
        self.settle()

    def settle(self) -> None:
        """Wait until the layout follows the width."""
        self.page.wait_for_timeout(400)

    def refresh(self) -> None:
        """Show the state of the view as it is now."""
        self.page.evaluate("() => window.refresh()")

    def letters(self) -> list[float]:
        """The sizes in px of all letters in the picture."""
        sizes: list[float] = self.page.evaluate(LETTERS)
        return sizes

    def letters_of(self, within: str) -> list[float]:
        """The sizes in px of all letters in the elements of a selector, those of pictures left out."""
        sizes: list[float] = self.page.evaluate(OTHER_LETTERS, within)
        return sizes

    def illegible(self) -> list[str]:
        """Read every text: what is smaller than 11 px, of too little contrast, or cut off."""
        found: list[str] = self.page.evaluate(LEGIBLE, ".fw")
        return found

    def overflows(self, selector: str) -> bool:
        """Whether an element is wider than what is seen of it."""
        found: bool = self.page.locator(selector).first.evaluate(SHOWN_ABOVE)
        return found

    def picture(self, name: str, *, dark: bool = False) -> None:
        """Keep a picture of the page under build/screenshots."""
        scheme = "dark" if dark else "light"
        self.page.evaluate(
            "(scheme) => { document.body.style.colorScheme = scheme; document.body.style.background = 'Canvas'; }",
            scheme,
        )
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def close(self) -> None:
        """Leave the page."""
        self.page.close()

    def _answer(self, command: str) -> str:
        content = json.loads(command)
        if content is not None:
            self._view.handle(content)
        return json.dumps(self._data())

    def _data(self) -> dict[str, Any]:
        return {"state": self._view.state(), "picture": self._view.picture()}
