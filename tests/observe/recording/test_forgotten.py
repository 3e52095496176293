from framework.observe.recording.forgotten import Forgotten


def test_an_odd_delivery_is_kept_behind_the_submission_that_is_dropped_with_it():
    submission = (1.0, 7, "Event", {"name": "a"}, None, None, (), None)
    delivery = (2.0, 7, "Parse", None, None, 0, "case", "odd")
    forgotten = Forgotten()
    forgotten.add([submission], [delivery], lambda *_: None)

    assert forgotten.odd == [(False, submission), (True, delivery)]
