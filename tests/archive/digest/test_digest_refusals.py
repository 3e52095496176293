"""What has no digest is refused, and the error says which part it is."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace

import pytest
from digest_samples import Plain

from framework.archive import digest
from framework.errors import Undigestable


def test_a_value_that_is_nested_too_deeply_is_refused_by_name():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Undigestable, match="value: nested too deeply"):
        digest(value)


def iterators():
    yield iter([1])
    yield (x for x in [1])
    yield map(str, [1])
    yield zip([1], strict=True)
    yield enumerate([1])
    yield {"a": 1}.items()
    yield reversed([1])


@pytest.mark.parametrize("value", list(iterators()), ids=lambda value: type(value).__name__)
def test_an_iterator_is_refused_and_not_consumed(value):
    with pytest.raises(Undigestable, match=r"^value\[0\]: "):
        digest([value])
    assert len(list(value)) == 1


def test_a_part_without_a_digest_is_named(tmp_path):
    file = tmp_path / "x"
    file.touch()
    with (
        file.open() as handle,
        pytest.raises(Undigestable, match=r"^event\.rows\[1\]\.b: an open file .*pass its path"),
    ):
        digest(SimpleNamespace(rows=[1, Plain(1, handle)]), name="event")


@pytest.mark.parametrize(
    "make", [threading.Lock, threading.Event, lambda: memoryview(b"x"), socket.socket, threading.local]
)
def test_what_lives_in_this_process_only_is_refused(make):
    value = make()
    with pytest.raises(Undigestable, match=r"^value\['a'\]"):
        digest({"a": value})
    if isinstance(value, socket.socket):
        value.close()
