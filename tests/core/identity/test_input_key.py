"""What a cached input counts by, where classes and functions are among its values."""

import json

import pytest

from framework.core.identity.input_key import input_key


def one():
    return 1


def two():
    return 2


class One:
    def value(self):
        return 1


class Two:
    def value(self):
        return 2


@pytest.mark.parametrize(("left", "right"), [(int, str), (json.dumps, json.loads), (one, two), (One, Two)])
def test_classes_and_functions_among_the_values_are_told_apart(left, right):
    assert input_key((left,), name="inputs") == input_key((left,), name="inputs")
    assert input_key((left,), name="inputs") != input_key((right,), name="inputs")
    assert input_key(({"by": left},), name="inputs") != input_key(({"by": right},), name="inputs")


def test_instances_of_own_classes_are_told_apart():
    assert input_key((One(),), name="inputs") != input_key((Two(),), name="inputs")
