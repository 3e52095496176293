"""What is still known of dropped rows: bounded, and it says where it is not complete."""

from framework.observe.recording.forgotten import MOST_KINDS, MOST_ODD, MOST_ODD_OF_ALL, MOST_REPLAYED, Forgotten
from framework.observe.recording.log import DeliveryNotes


def test_an_odd_delivery_is_kept_behind_the_submission_that_is_dropped_with_it():
    submission = (1.0, 7, "Event", {"name": "a"}, None, None, (), None)
    delivery = (2.0, 7, "Parse", None, None, 0, "case", DeliveryNotes(changed=("a",)))
    forgotten = Forgotten()
    forgotten.add(forgotten.counted([submission], [delivery], lambda *_: None))

    assert forgotten.odd == [(False, submission), (True, delivery)]


def submission(number, name="a"):
    return float(number), number, "Event", {"name": name}, None, 0, (), 1


def delivery(number, special, processor="Parse"):
    return float(number), number, processor, 1, 0.0, 0, "case", special


def dropped(submissions=(), deliveries=()):
    forgotten = Forgotten()
    forgotten.add(forgotten.counted(submissions, deliveries, lambda *_: None))
    return forgotten


def test_more_kinds_than_are_counted_are_said_to_be_missing():
    assert not dropped(submission(number, f"n{number}") for number in range(MOST_KINDS)).full
    full = dropped(submission(number, f"n{number}") for number in range(MOST_KINDS + 1))
    assert (full.full, full.copy().full, len(full.sent)) == (True, True, MOST_KINDS)


def test_replays_leave_room_for_what_is_odder():
    replayed, failed = DeliveryNotes(recorded=1.0), DeliveryNotes(recorded=1.0, error=ValueError())
    specials = [replayed] * 100 + [failed] * 100
    kept = dropped(deliveries=[delivery(number, special) for number, special in enumerate(specials)]).odd
    assert [row[-1] for _, row in kept] == [replayed] * MOST_REPLAYED + [failed] * MOST_ODD


def test_odd_deliveries_of_many_processors_are_bounded():
    rows = (delivery(number, DeliveryNotes(changed=("a",)), f"P{number}") for number in range(MOST_ODD_OF_ALL))
    forgotten = dropped(deliveries=rows)
    forgotten.add(forgotten.counted((), [delivery(1, DeliveryNotes(changed=("a",)), "Last")], lambda *_: None))
    assert len(forgotten.odd) == MOST_ODD_OF_ALL
