import pytest

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.flow.profile import FlowProfile, JobProfile
from framework.notebook import display, tables
from framework.notebook.flow_views import job_profile_view
from framework.notebook.tables import share_bar
from framework.notebook.views import profile_view, run_report_view
from framework.notebook.widgets.markup import Markup, table
from framework.observe import Failures
from framework.observe.profile import ProcessorReport, Profile
from framework.reactive import ReactiveBuilder, plan


class Picky(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="item", number=number):
                if number % 3 == 0:
                    raise ValueError(f"no <b>{number}</b>")
                if number % 3 == 1:
                    raise KeyError(number)


RAISES = Picky.process.__code__.co_firstlineno + 4


@pytest.fixture
def failed():
    pipeline = Pipeline([Picky()], strict_interest_inference=True, on_error="keep")
    for number in range(30):
        pipeline.submit(Event("item", number=number))
    return pipeline.run()


def rows_of(html):
    return html.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]


def test_failures_have_a_row_per_kind_with_count_line_and_first_input(failed):
    rows = rows_of(tables.failure_table(failed.failures))

    assert len(rows) == 2
    assert ">10</td>" in rows[0]
    assert "ValueError: no &lt;b&gt;0&lt;/b&gt;" in rows[0]
    assert f"test_tables.py:{RAISES}" in rows[0]
    assert "<summary>Event(name=&#x27;item&#x27;, number=0)</summary>" in rows[0]
    assert "number=27)" in rows[0]
    assert f"test_tables.py:{RAISES + 2}" in rows[1]


def test_a_report_shows_a_failure_once(failed):
    html, text = run_report_view(failed)

    assert html.count("ValueError") == 1
    assert html.index("Finished: 1 phase") < html.index("ValueError") < html.index(">phase</th>")
    assert text.splitlines()[0] == repr(failed)


def test_no_failures_make_no_table():
    assert tables.failure_table(Failures()) == ""


def test_reports_print_as_one_line(failed):
    assert len(str(failed).splitlines()) == 1
    assert len(str(failed.phases[0]).splitlines()) == 1


class Numbers(ReactiveBuilder):
    def __init__(self, count=0):
        super().__init__(provides="number", requires=[], persist=True)
        self.count = count

    def build(self, context):
        return [*range(self.count)]


class Square(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="square", requires=["number"], persist=True)

    def build(self, context, number):
        return [number * number]


@pytest.fixture
def planned(tmp_path):
    def pipeline():
        return Pipeline([Numbers(588), Square()], strict_interest_inference=True, workspace=tmp_path)

    pipeline().compute("square")
    return plan(pipeline(), "square")


def test_a_plan_has_a_row_per_builder_and_reason_whose_inputs_unfold(planned):
    html, text = tables.plan_view(planned)
    rows = rows_of(html)

    assert len(planned) > 588
    assert [row.split("</td>")[0].split(">")[-1] for row in rows] == ["Numbers", "Square"]
    assert ">588</td>" in rows[1]
    assert "<summary>inputs</summary>" in rows[1]
    assert "(99,)" in rows[1]
    assert "... and 488 more" in rows[1]
    assert "plan for &#x27;square&#x27;: 589 replay" in html
    assert text == repr(planned)


def test_an_empty_plan_is_one_line(planned):
    html, _ = tables.plan_view(type(planned)("nothing", ()))

    assert "plan for &#x27;nothing&#x27;: nothing" in html
    assert "<table" not in html


class Halve(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="value", value=value):
                context.submit(Event("half", value=value // 2, text="<b>"))


class Exactly(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="value", value=value):
                context.submit(Event("half", value=value / 2 if value % 2 else value // 2, text="<b>"))


def test_a_comparison_begins_with_what_differs(tmp_path):
    pipeline = Pipeline([Halve()], strict_interest_inference=True, workspace=tmp_path)
    for value in (2, 3):
        pipeline.submit(Event("value", value=value))
    pipeline.run()
    comparison = pipeline.compare("Halve", Exactly)
    html, text = tables.comparison_view(comparison)
    first, second = rows_of(html)

    assert "Halve: 1 of 2 archived inputs come out otherwise" in html
    assert "value=3" in first
    assert "differs" in first
    assert "value=2" in second
    assert "<b>" not in html
    assert text == repr(comparison)


def test_a_column_of_numbers_stands_to_the_right_with_its_head():
    html = table(("name", "count"), [("a", 1), ("b", 12)])
    head = html.split("</thead>")[0].split("<th ")[1:]

    assert "text-align:right" in head[1]
    assert "text-align:right" not in head[0]
    assert "text-align:right" not in table(("name", "count"), []).replace("text-align:left", "")


def test_a_long_cell_wraps_and_a_short_one_does_not():
    html = table(("a", "b"), [("short", "x" * 300)])

    assert 'nowrap">short</td>' in html
    assert f'anywhere">{"x" * 300}</td>' in html


def test_markup_is_left_as_it_is_and_text_is_not():
    html = table(("a", "b"), [(Markup("<i>x</i>"), "<i>y</i>")])

    assert "<i>x</i>" in html
    assert "&lt;i&gt;y&lt;/i&gt;" in html


def test_every_kind_of_table_is_registered():
    assert display.VIEWS["framework.reactive.plan", "Plan"] is tables.plan_view
    assert display.VIEWS["framework.core.results.comparing", "Comparison"] is tables.comparison_view


def test_a_column_without_a_word_is_left_out():
    html = tables.long_table(("a", "b", "c"), [("x", "", 0), ("y", "", 0)])

    assert ">b</th>" not in html
    assert html.count(">0</td>") == 2
    assert ">b</th>" in tables.long_table(("a", "b"), [])


def test_a_share_is_a_bar_with_its_percentage():
    assert "width:25%" in tables.share_bar(0.25)
    assert tables.share_bar(0.25).endswith("25%")


def test_profiles_of_pipelines_and_flows_show_shares_alike():
    jobs = [JobProfile("a", 2, 3.0, 0.0, 0.0, 0.0, 0.0), JobProfile("b", 2, 1.0, 0.0, 0.0, 0.0, 0.0)]
    shown, _ = job_profile_view(FlowProfile(jobs))
    other, _ = profile_view(Profile([ProcessorReport("a", 2, 3.0), ProcessorReport("b", 2, 1.0)]))

    for html in (shown, other):
        assert share_bar(0.75) in html
        assert share_bar(0.25) in html
