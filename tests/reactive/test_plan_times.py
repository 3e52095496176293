"""`plan` estimates the time of builds from what archives have recorded."""

import time

import pytest

from framework.core import Pipeline
from framework.reactive import plan, reactive


def numbers(count):
    @reactive(persist=True)
    def number():
        yield from range(count)

    return number


def slow(seconds, factor=1):
    @reactive(persist=True, name="slow", provides="slow")
    def build(number):
        time.sleep(seconds)
        return factor * number

    return build


@reactive
def total(slow):
    return slow


def run(workspace, *builders, target="slow"):
    """Run, and return the seconds of each build of `slow` that are recorded."""
    pipeline = Pipeline(builders, workspace=workspace)
    pipeline.resolve(target)
    pipeline.run()
    return [record.seconds for record in pipeline.results()["slow"].values()] if target == "slow" else []


def planned(workspace, *builders, target="slow"):
    with Pipeline(builders, workspace=workspace) as pipeline:
        return plan(pipeline, target)


def test_a_new_input_takes_what_the_recorded_ones_took(tmp_path):
    first, more = numbers(2), numbers(3)
    took = run(tmp_path, first, slow(0.6))
    run(tmp_path, more, target="number")
    found = planned(tmp_path, more, slow(0.6))
    assert [(row.action, row.seconds is None) for row in found if row.builder == "slow"] == [
        ("replay", True),
        ("replay", True),
        ("build", False),
    ]
    assert 0.6 <= found.seconds == pytest.approx(sum(took) / 2)
    assert repr(found).endswith("s of building by what is recorded")


def test_changed_code_takes_what_the_code_before_took(tmp_path):
    source = numbers(3)
    took = run(tmp_path, source, slow(0.05))
    found = planned(tmp_path, source, slow(0.05, factor=2))
    assert [row.action for row in found if row.builder == "slow"] == ["build"] * 3
    assert 3 * 0.05 <= found.seconds == pytest.approx(sum(took))


def test_unknown_inputs_take_what_all_recorded_ones_took(tmp_path):
    run(tmp_path, numbers(3), slow(0.05))
    found = planned(tmp_path, numbers(4), slow(0.05))
    assert [row.action for row in found] == ["build", "unknown"]
    assert found[1].seconds >= 3 * 0.05


def test_where_nothing_is_recorded_there_is_no_estimate(tmp_path):
    found = planned(tmp_path, numbers(2), slow(0.05))
    assert (found.seconds, found.estimate) == (None, "")


def test_a_builder_that_records_nothing_is_told(tmp_path):
    source = numbers(2)
    run(tmp_path, source, slow(0.3))
    found = planned(tmp_path, source, slow(0.3, factor=2), total, target="total")
    assert found.estimate.endswith(", and more where nothing is recorded")


def test_what_is_replayed_takes_no_time_worth_a_word(tmp_path):
    source = numbers(2)
    run(tmp_path, source, slow(0.05))
    assert planned(tmp_path, source, slow(0.05)).estimate == ""


@pytest.mark.parametrize("yields", [False, True])
def test_a_record_has_the_seconds_of_its_build(tmp_path, yields):
    @reactive(persist=True)
    def returned(number):
        time.sleep(0.05)
        return number

    @reactive(persist=True)
    def yielded(number):
        time.sleep(0.05)
        yield number

    builder = yielded if yields else returned
    pipeline = Pipeline([numbers(1), builder], workspace=tmp_path)
    began = time.monotonic()
    pipeline.compute(builder.provides)
    (record,) = pipeline.results()[builder.name].values()
    pipeline.close()
    assert 0.05 <= record.seconds <= time.monotonic() - began
