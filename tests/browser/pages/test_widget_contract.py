"""The contract of anywidget, which VS Code, Colab and others keep: what a script may use, and what it leaves behind."""

import re

import anywidget
import pytest
from bare import PAGE

from framework.core import Event, Pipeline, processor
from framework.flow import Flow
from framework.notebook import PhaseStepper, ScalingMonitor
from framework.notebook.graphs.canvas import DrawingView, DrawingWidget
from framework.notebook.monitor.monitor_view import MonitorView, MonitorWidget
from framework.notebook.stepper.stepper_view import StepperView, StepperWidget

# as strict as a page can be that runs a widget: nothing from elsewhere, no eval
POLICY = (
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' blob:\">"
)
DARK = '<body class="vscode-body vscode-dark"'
# https://anywidget.dev/en/afm/: the members of a model; anything else is refused
RENDER = """async ([script, data]) => {
    const listeners = new Map();
    const sent = [];
    const members = {
        get: (name) => data[name],
        set: () => {},
        save_changes: () => {},
        on: (name, listener) => { listeners.set(name, [...(listeners.get(name) ?? []), listener]); },
        off: (name, listener) => { listeners.set(name, listeners.get(name)?.filter((one) => one !== listener) ?? []); },
        send: (content) => { sent.push(content); },
    };
    const used = new Set();
    const model = new Proxy(members, { get: (all, name) => {
        used.add(String(name));
        if (!(name in all)) throw new Error(`a model has no ${String(name)}`);
        return all[name];
    } });
    const widget = (await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))).default;
    const before = new Set(Object.keys(window));
    const elements = [document.getElementById("cell"), document.createElement("div")];
    document.body.append(elements[1]);
    const cleanups = [];
    for (const el of elements) cleanups.push(await widget.render({ model, el }));
    elements[0].querySelector("button:not(:disabled)")?.click();
    const shown = elements.map((el) => el.querySelectorAll(".fw").length);
    for (const clean of cleanups) clean();
    return {
        shown, sent: sent.length, used: [...used],
        left: [...listeners.values()].flat().length,
        globals: Object.keys(window).filter((name) => !before.has(name)),
    };
}"""


async def double(item):
    return 2 * item


@processor
def count(context, event):
    match event:
        case Event(name="item"):
            pass


def stepped():
    pipeline = Pipeline([count()], strict_interest_inference=True)
    pipeline.submit(Event("item"))
    return pipeline


KINDS = {
    "stepper": (StepperWidget, lambda: StepperView(PhaseStepper(stepped()))),
    "monitor": (MonitorWidget, lambda: MonitorView(ScalingMonitor(Flow().add(double)))),
    "drawing": (DrawingWidget, lambda: DrawingView(stepped().graph(), None)),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def test_a_widget_is_one_of_anywidget_with_one_script_and_one_style_sheet(kind):
    widget = KINDS[kind][0]

    assert issubclass(widget, anywidget.AnyWidget)
    assert re.search(r"^export default \{ render \};$", widget._esm, re.MULTILINE)
    assert "@import" not in widget._css
    assert "url(" not in widget._css


FORBIDDEN = (
    *(r"^import ", r"\bimport\(", r"\bfetch\(", r"\beval\(", "new Function", "XMLHttpRequest", "jupyterapp"),
    r"https?:(?!//www\.w3\.org)",
)


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_a_script_asks_for_nothing_and_knows_no_notebook_program(kind, forbidden):
    assert not re.search(forbidden, KINDS[kind][0]._esm, re.MULTILINE)


def test_a_script_uses_the_documented_model_only_and_leaves_nothing_behind(bare, kind):
    widget, view = KINDS[kind][0], KINDS[kind][1]()
    bare.page.set_content(POLICY + PAGE.format(css=widget._css, width=800).replace("<body", DARK, 1))
    data = {"state": dict(view.state()), "picture": view.picture(), "moved": ""}
    result = bare.page.evaluate(RENDER, [str(widget._esm), data])

    assert result["shown"] == [1, 1]
    assert set(result["used"]) <= {"get", "set", "on", "off", "send", "save_changes"}
    assert result["left"] == 0
    assert result["globals"] == []


def test_a_widget_is_dark_in_a_dark_vs_code(bare, kind):
    widget, view = KINDS[kind][0], KINDS[kind][1]()
    bare.show(widget, view, 800)
    bare.page.evaluate("() => { document.body.className = 'vscode-body vscode-dark'; }")
    bare.picture(f"vscode-{kind}", dark=True)

    scheme = bare.page.locator(".fw").first.evaluate("(one) => getComputedStyle(one).colorScheme")
    assert scheme == "dark"
    assert not bare.illegible()
