"""Findings: their sentence, their rank, and how equal ones are folded."""

import pytest

from framework.observe.findings import MOST_FINDINGS, Finding, Findings, times


def test_a_finding_is_a_sentence_with_place_example_and_remedy():
    finding = Finding("silent", "B heard nothing", "cell 3:4", examples=("Event('a')",), remedy="check its cases")
    assert str(finding) == "B heard nothing. [cell 3:4] First: Event('a'). Check its cases."


def test_what_the_sentence_says_already_is_not_said_again():
    finding = Finding("silent", "B heard no Event('a') in cell 3:4", "cell 3:4", examples=("Event('a')",))
    assert str(finding) == "B heard no Event('a') in cell 3:4."


def test_a_finding_without_a_place_has_no_brackets():
    assert str(Finding("silent", "B heard nothing")) == "B heard nothing."


def test_serious_findings_come_first_then_the_most_frequent():
    rare, often = Finding("a", "rare", count=1), Finding("a", "often", count=5)
    notable = Finding("b", "notable", count=99, severity="notable")
    assert [one.text for one in Findings([notable, rare, often])] == ["often", "rare", "notable"]


def test_findings_that_say_the_same_of_one_place_are_folded():
    same = [Finding("a", "text", "x:1"), Finding("a", "text", "x:1"), Finding("a", "text", "x:2")]
    assert [one.where for one in Findings(same)] == ["x:1", "x:2"]


def test_there_are_never_more_than_ten():
    found = Findings(Finding("a", str(number)) for number in range(MOST_FINDINGS + 5))
    assert len(found) == MOST_FINDINGS == 10
    assert [one.text for one in found[2:4]] == ["2", "3"]
    assert isinstance(found[2:4], Findings)
    assert found[0].text == "0"


def test_findings_are_numbered_lines():
    assert repr(Findings([Finding("a", "one"), Finding("a", "two")])) == "1. one.\n2. two."
    assert repr(Findings()) == "no findings"


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        *((1, "event", "1 event"), (3, "event", "3 events"), (0, "event", "0 events")),
        *((1, "delivery", "1 delivery"), (2, "delivery", "2 deliveries"), (2, "key", "2 keys")),
    ],
)
def test_a_count_is_told_with_its_noun(count, noun, text):
    assert times(count, noun) == text


def test_large_counts_have_commas():
    assert times(12345, "event") == "12,345 events"
