import pytest
from apps import Marimo, Voila
from displays import CELLS
from lab import Lab, Notebook
from visit import SOON, VIEWPORT

OURS = ".fw, .fw-shown"
STEPPER, MONITOR = ".fw-stepper", ".fw-monitor"
ENVIRONMENTS = {
    "lab": (Lab, "server", "folder", "displays.ipynb"),
    "notebook": (Notebook, "server", "folder", "displays.ipynb"),
    "voila": (Voila, "server", "folder", "displays.ipynb"),
    "marimo-edit": (Marimo, "marimo_edit", "marimo_folder", "displays.py"),
    "marimo-run": (Marimo, "marimo_run", "marimo_folder", "displays.py"),
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def shown(request, context):
    """A notebook with one of each display, open in one of the programs."""
    kind, server, folder, file = ENVIRONMENTS[request.param]
    folder = request.getfixturevalue(folder)
    if not (folder / file).exists():
        kind.write(folder / file, CELLS)  # before the server starts: that of marimo's apps lists them then
    page = request.getfixturevalue("lab_page") if kind is Lab else context.new_page()
    page.set_viewport_size(VIEWPORT)
    visit = kind(page, request.getfixturevalue(server), folder)
    visit.name = request.param
    visit.visit(file)
    visit.run_all()
    ready(visit)
    yield visit
    page.locator(MONITOR).get_by_role("button", name="Stop").click()
    page.locator(MONITOR, has_text="Finished").wait_for()
    visit.close()
    if kind is not Lab:
        page.close()
    assert visit.outside == [], "the page asked another host"
    assert not visit.errors, "\n".join(visit.errors)


def ready(visit):
    visit.page.locator(f"{STEPPER} svg .node").first.wait_for(timeout=60_000)
    visit.page.locator(MONITOR, has_text="Running").wait_for(timeout=60_000)


def test_static_displays_are_shown_with_their_pictures(shown):
    page = shown.page
    for words in ("drawn: not started", "receives", "Finished: 3 phases", "<b>three</b>"):
        page.locator(".fw-shown", has_text=words).first.wait_for()
    pictures = page.locator(".fw-shown img[src^='data:image/svg']")
    assert pictures.count() == 2
    assert all(picture.evaluate("image => image.naturalWidth > 100") for picture in pictures.all())


def test_nothing_of_the_user_becomes_markup(shown):
    assert shown.page.locator(":is(.fw, .fw-shown) b:text-is('three')").count() == 0


def test_a_click_steps_the_pipeline(shown):
    stepper = shown.page.locator(STEPPER)
    stepper.get_by_text("Not started").first.wait_for()
    stepper.get_by_role("button", name="Step", exact=True).click()
    stepper.get_by_text("Phase 1,").first.wait_for(timeout=SOON)


def test_a_monitor_moves_by_itself(shown):
    before = shown.page.locator(f"{MONITOR} .fw-header").inner_text()
    shown.page.locator(f"{MONITOR} .fw-header:not(:text-is('{before}'))").wait_for(timeout=SOON)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read(shown, theme):
    shown.theme(theme)
    ready(shown)
    for selector, name in ((STEPPER, "stepper"), (MONITOR, "monitor")):
        shown.page.locator(selector).first.scroll_into_view_if_needed()
        shown.page.wait_for_timeout(300)  # the theme's style sheet fades in
        shown.picture(f"{shown.name}-{name}-{theme}", selector)
    shown.page.locator(".fw-shown").first.scroll_into_view_if_needed()
    shown.picture(f"{shown.name}-{theme}")

    found = shown.illegible(OURS)
    assert not found, "\n".join(found)
