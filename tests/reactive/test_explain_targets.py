import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.reactive import ReactiveEvent, reactive


@reactive
def hours():
    return 8


@reactive(requires=["hours", "*rates"])
def wage(hours, *rates):
    return hours * rates[0]


class Keeps(AbstractProcessor):
    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", target="wage", artifact=artifact):
                self.kept = artifact


def explained(event):
    with Pipeline([hours, wage, Keeps()]) as pipeline:
        return {row.processor: row for row in pipeline.explain(event)}


@pytest.mark.parametrize(
    ("event", "processor", "receives", "reason"),
    [
        (ReactiveEvent("built", "hours", artifact=8), "wage", "yes", "requires 'hours'"),
        (ReactiveEvent("resolve", "wage"), "wage", "yes", "provides 'wage'"),
        (
            ReactiveEvent("built", "hour", artifact=8),
            "wage",
            "no",
            "target='hour' is none of 'hours', 'rates', which it requires: did you mean 'hours'?",
        ),
        (ReactiveEvent("built", "hour", artifact=8), "hours", "no", "target='hour': it requires nothing"),
        (ReactiveEvent("built", "hours", artifact=8), "Keeps", "no", "target='hours' is not 'wage'"),
        (
            ReactiveEvent("resolve", "wages"),
            "wage",
            "no",
            "target='wages' is not 'wage', which it provides: did you mean 'wage'?",
        ),
        (Event("start"), "wage", "no", "receives targets only: requires 'hours', 'rates'"),
    ],
)
def test_an_artifact_is_explained_by_its_target(event, processor, receives, reason):
    row = explained(event)[processor]
    assert (row.receives, row.reason) == (receives, reason)


def test_the_place_of_a_builder_is_its_own_code():
    rows = explained(ReactiveEvent("built", "hours", artifact=8))
    assert rows["wage"].where.startswith("test_explain_targets.py:")


def test_only_a_target_of_nearly_that_name_is_a_near_miss():
    assert [name for name, row in explained(ReactiveEvent("built", "hour", artifact=8)).items() if row.near] == ["wage"]
    assert not any(row.near for row in explained(ReactiveEvent("built", "unlike", artifact=8)).values())
