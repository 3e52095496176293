import http.server
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from visit import SCREENSHOTS, VIEWPORT

ROOT = Path(__file__).parents[3]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The documentation, built and served; its address."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def searching(page, site):
    """The home page, loaded once: its index of words is made anew in each page."""
    page.set_viewport_size(VIEWPORT)
    page.goto(f"{site}/index.html")
    return page


@pytest.fixture
def visited(page, site):
    page.set_viewport_size(VIEWPORT)
    page.emulate_media(color_scheme="light")
    page.goto(f"{site}/index.html")
    return page


@pytest.mark.parametrize(
    ("words", "page_of_it"),
    [
        ("Pipeline", "processors-and-pipelines.html"),
        ("routing_graph", "in-a-notebook.html"),
        ("archive_frame", "in-a-notebook.html"),
        ("Workspace", "archives.html"),
        ("make_rendezvous", "join-balance-offload.html"),
        ("Flow", "flows.html"),
        ("Event", "processors-and-pipelines.html"),
    ],
)
def test_the_search_finds_the_public_name_first(searching, words, page_of_it):
    field, found = searching.locator(".md-search__input"), searching.locator(".md-search-result__item a").first
    field.click()
    for text, state in (("", "detached"), (words, "visible")):
        field.fill(text)
        field.press("End")  # asked once, with all of the text
        found.wait_for(state=state)

    assert f"reference/{page_of_it}" in found.get_attribute("href")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_home_page_begins_with_a_picture_and_two_commands(visited, scheme):
    visited.emulate_media(color_scheme=scheme)
    picture = visited.locator(f"article img[src*='stepper-{scheme}']")
    for _ in range(5):  # the page may store the choice of the visit before once more while it is cleared
        visited.evaluate("() => localStorage.clear()")
        visited.reload()
        if picture.is_visible():
            break
    picture.wait_for()
    visited.wait_for_function("image => image.complete && image.naturalWidth > 500", arg=picture.element_handle())
    commands = visited.locator("article pre").first
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    visited.screenshot(path=SCREENSHOTS / f"site-{scheme}.png")

    assert commands.inner_text().split()[:2] == ["make", "demo"]
    assert picture.bounding_box()["y"] < commands.bounding_box()["y"] < VIEWPORT["height"]


def test_every_guide_has_a_picture_and_an_example():
    guides = sorted((ROOT / "docs" / "guides").glob("*.md"))
    texts = {guide.name: guide.read_text(encoding="utf-8") for guide in guides}

    assert [name for name, text in texts.items() if "../pictures/" not in text] == []
    assert [name for name, text in texts.items() if "```python" not in text and "```shell" not in text] == []
