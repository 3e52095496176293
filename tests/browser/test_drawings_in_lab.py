import nbformat

PIPELINE = """\
from framework.core import AbstractProcessor, Event, Pipeline
from framework.notebook import routing_graph


class Read(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start"):
                context.submit(Event(name="<script>alert(1)</script>"))
                context.submit(Event(name="line"))


class Count(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="line"):
                raise ValueError("<img src=x onerror=alert(1)>")


pipeline = Pipeline([Read(), Count()], strict_interest_inference=True, on_error="keep", name="drawn")
_ = pipeline.submit(Event(name="start"))"""
OUTPUT = ".jp-RenderedHTMLCommon"


def test_pictures_and_reports_are_shown_in_both_themes(lab):
    lab.open("drawn.ipynb", PIPELINE, "pipeline", "pipeline.run()", "routing_graph(pipeline)")
    lab.run_all()
    for number, name in enumerate(("pipeline", "report", "routing")):
        shown = f":nth-match({OUTPUT}, {number + 1})"
        lab.page.locator(shown).wait_for()
        lab.both_themes(name, shown)

    assert lab.page.locator(f"{OUTPUT} img[src^='data:image/svg']").count() == 2
    assert lab.page.locator(f"{OUTPUT} :is(script, img[src=x])").count() == 0


def test_a_picture_has_its_own_size_and_is_not_broken(lab):
    lab.open("sized.ipynb", PIPELINE, "routing_graph(pipeline)")
    lab.run_all()
    picture = lab.page.locator(f"{OUTPUT} img[src^='data:image/svg']")
    picture.wait_for()

    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")


def test_a_drawing_is_searched_and_zoomed(lab):
    lab.open("explored.ipynb", PIPELINE, "routing_graph(pipeline).explore()")
    lab.run_all()
    svg = lab.page.locator(".fw-drawing svg")
    svg.wait_for()
    whole = float(svg.get_attribute("width"))
    lab.page.get_by_role("button", name="Zoom in").click()
    assert float(svg.get_attribute("width")) > whole
    lab.page.get_by_role("button", name="Zoom out").click()
    assert float(svg.get_attribute("width")) == whole
    lab.page.get_by_label("Find a node").fill("count")
    lab.page.keyboard.press("Enter")
    lab.page.locator(".fw-drawing .node.selected", has_text="Count").wait_for()
    lab.both_themes("explored", ".fw-drawing")


def test_a_report_page_shows_widgets_as_pictures(lab, folder):
    from nbconvert import HTMLExporter

    lab.open("exported.ipynb", PIPELINE, "pipeline.stepper()")
    lab.run_all()
    lab.page.wait_for_selector(".fw-stepper svg")
    lab.save()
    page, _ = HTMLExporter().from_notebook_node(nbformat.read(folder / "exported.ipynb", 4))
    (folder / "exported.html").write_text(page, encoding="utf-8")

    assert 'src="data:image/svg+xml;base64,' in page
    assert "jupyter-widgets" not in page.split("<body", 1)[1]
