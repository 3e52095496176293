"""Checks that a page, a picture or a diagram holds nothing that a browser would execute, fetch or take for its own."""

import base64
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from framework.notebook.widgets.markup import _SCHEME

TAGS = frozenset(["div", "span", "table", "thead", "tbody", "tr", "th", "td", "pre", "details", "summary", "img", "b"])
ATTRIBUTES = frozenset({"style", "alt", "src", "colspan", "class"})
DRAWN = frozenset(["svg", "g", "title", "path", "polygon", "polyline", "ellipse", "rect", "text", "line", "style"])
PICTURE = "data:image/svg+xml;base64,"
SVG = "{http://www.w3.org/2000/svg}"


class _Page(HTMLParser):
    """Notes everything that is no text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.found, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name)
            if name == "src":
                assert value.startswith(PICTURE), value[:80]
                check_svg(base64.b64decode(value.removeprefix(PICTURE)).decode())
            elif name == "style":
                assert re.fullmatch(r"[\w\s:;,.#()/%-]*", value), value
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def unknown(self, data):
        raise AssertionError(f"neither text nor a tag: {data[:80]}")

    handle_comment = handle_decl = handle_pi = unknown_decl = unknown


def check_html(html):
    """The text of a page of known tags and attributes, all closed; its pictures are data, and harmless as well."""
    page = _Page()
    page.feed(html.replace(_SCHEME, "", 1))  # the one style sheet that every display brings
    page.close()
    assert not page.open
    return "".join(page.texts)


def check_svg(svg):
    """The number of nodes of a well-formed picture without scripts, links or foreign markup."""
    root = ET.fromstring(svg)
    classes = []
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in DRAWN, element.tag
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), name
            assert "href" not in name, name
            assert name.startswith("data-") or "javascript:" not in value, value
        classes += element.get("class", "").split()[:1]
        assert element.tag != f"{SVG}style" or "{" in (element.text or "")
    return classes.count("node")


NODE = re.compile(r'    n\d+(\[|\(\[)"[^"<>\n]*"(\]|\]\))')
ARROW = re.compile(r'    n\d+ (-->|-\.->)(\|"[^"<>\n]*"\|)? n\d+')
REST = re.compile(r"flowchart LR|    classDef missing [\w#:,-]+|    class [\w,]+ missing")
SEQUENCE = re.compile(r"sequenceDiagram|    participant p\d+ as [\w #;.-]+|    p\d+->>p\d+: [\w #;.-]+")


def check_mermaid(text):
    """The number of nodes of a flowchart in which every label stays within its quotes."""
    text.encode()
    lines = text.splitlines()  # at every sign that any reader may take for the end of a line
    assert not [line for line in lines if not (NODE.fullmatch(line) or ARROW.fullmatch(line) or REST.fullmatch(line))]
    return sum(bool(NODE.fullmatch(line)) for line in lines)


def check_sequence(text):
    """A sequence diagram of known lines only."""
    text.encode()
    assert not [line for line in text.splitlines() if not SEQUENCE.fullmatch(line)]


def check_sendable(message):
    """What a kernel does with a message."""
    json.dumps(message, ensure_ascii=False).encode()


def check_bundle(bundle):
    """A display bundle that a kernel can send, whose HTML is harmless; its text."""
    check_sendable(bundle)
    assert "no picture" not in bundle["text/plain"]
    return check_html(bundle["text/html"])
