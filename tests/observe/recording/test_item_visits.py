from framework.observe.recording.items.visits import visits_of


def row(at, job, identifier, item, handed=(None, None)):
    return at, job, "done", identifier, item, *handed, 1.0, None


def test_a_visit_comes_after_none_that_handed_its_item_over_later_under_the_same_id():
    rows = [row(2.0, "b", 5, "early"), row(3.0, "a", 9, "late", (5, "b")), row(5.0, "b", 5, "late")]
    early, giver, late = visits_of(None, rows, 0)

    assert (early.before, giver.after, late.before) == (None, late, giver)


def test_a_visit_whose_giver_is_not_kept_comes_after_none():
    [visit] = visits_of(None, [row(2.0, "b", 5, "alone")], 0)

    assert (visit.before, visit.parent) == (None, None)
