"""HTML that survives an untrusted notebook: inline styles and data-URI images only, everything of the user escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape

_TEXT = "font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);font-variant-numeric:tabular-nums"
# A page tells its pictures whether it is light or dark. Exported pages and those of Voila, nbviewer and VS Code say so
# by their body only, and pictures would follow the reader's system; untrusted notebooks strip this, and do without.
_SCHEME = (
    "<style>:is([data-jp-theme-light=true],.vscode-light,.vscode-high-contrast-light,#notebook-container) .fw-shown"
    "{color-scheme:light}:is([data-jp-theme-light=false],.vscode-dark,"
    ".vscode-high-contrast:not(.vscode-high-contrast-light)) .fw-shown{color-scheme:dark}</style>"
)
_CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top;white-space:normal;border-bottom:1px solid #8b949e40"
_ONE_LINE = 24
"""Characters up to which a cell is not broken into lines."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def printable(text: str) -> str:
    """Return text without control characters and lone surrogates, most of which XML does not allow."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def image(svg: str, alt: str) -> str:
    """Return a picture as an image: untrusted notebooks strip `<svg>` and keep this."""
    data = base64.b64encode(svg.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return f'<img alt="{escape(printable(alt))}" style="max-width:100%;height:auto" src="{source}">'


def scrolled_image(svg: str, alt: str) -> str:
    """Return a picture at its own size, scrolled where it does not fit: the letters of a shrunk one are unreadable."""
    return f'<div style="overflow-x:auto">{image(svg, alt).replace("max-width:100%", "max-width:none", 1)}</div>'


def block(*parts: str) -> str:
    """Parts below each other, in the notebook's own font and colours."""
    return f'<div style="{_TEXT}">{"".join(parts)}</div>'


def line(text: str, *, strong: bool = False) -> str:
    """One line of text, escaped."""
    return f'<div style="margin:4px 0{";font-weight:600" if strong else ""}">{escape(text)}</div>'


def preformatted(text: str) -> str:
    """Text in which columns matter, escaped."""
    return f'<pre style="margin:4px 0;white-space:pre-wrap">{escape(text)}</pre>'


def details(summary: str, inner: str) -> Markup:
    """A part that opens on a click; `inner` is markup already."""
    return Markup(f'<details style="margin:4px 0"><summary>{escape(summary)}</summary>{inner}</details>')


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose cells are escaped, except for markup; long ones wrap, and numbers stand to the right."""
    filled = [*rows]
    numeric = [bool(filled) and all(_is_number(row[at]) for row in filled) for at in range(len(head))]
    heads = "".join(
        f'<th style="{_CELL}{";text-align:right" if right else ""}">{escape(name)}</th>'
        for name, right in zip(head, numeric, strict=True)
    )
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in filled)
    return f'<table style="border-collapse:collapse"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def _cell(value: object) -> str:
    if isinstance(value, Markup):
        return f'<td style="{_CELL};overflow-wrap:anywhere">{value}</td>'
    text = f"{value:,.3f}" if isinstance(value, float) else f"{value:,}" if _is_number(value) else str(value)
    side = ";text-align:right" if _is_number(value) else ""
    wrap = ";white-space:nowrap" if len(text) <= _ONE_LINE else ";overflow-wrap:anywhere"
    return f'<td style="{_CELL}{side}{wrap}">{escape(text)}</td>'


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def page(html: str) -> str:
    """Return markup as a whole page."""
    return sendable(f'<!doctype html>\n<meta charset="utf-8">\n{html}\n')


def bundle(html: str, text: str) -> Mapping[str, str]:
    """Return what a rich display hands to IPython: a part of a page, light or dark as the page, and a text."""
    shown = f'<div class="fw-shown">{_SCHEME}{sendable(html)}</div>'
    return {"text/html": shown, "text/plain": sendable(text)}


def sendable(text: str) -> str:
    """Return text that a kernel can encode: lone surrogates, which a name may hold, become question marks."""
    return text.encode("utf-8", "replace").decode()
