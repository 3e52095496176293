"""Threads that parse at once: before Python 3.13 `ast.parse` then fails where memory is collected in between."""

import gc
import sys
import threading

import pytest

from framework.parsing import parsed

TEXT = "def function(a, b):\n" + "".join(f"    x{number} = (a.b.c + [b, {number}])\n" for number in range(200))


class Lingering:
    def __del__(self):
        for _ in range(50):  # long enough for another thread to get its turn
            pass


@pytest.fixture
def many_collections():
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


def test_threads_that_parse_at_once_all_get_the_syntax(many_collections):
    found = []

    def parse():
        for _ in range(60):
            for _ in range(20):
                circle = [Lingering()]
                circle.append(circle)
            found.append(len(parsed(TEXT).body[0].body))

    threads = [threading.Thread(target=parse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 240


def test_a_text_that_is_no_python_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        parsed("def")


def test_an_expression_is_parsed_as_one():
    assert parsed("a + 1", "eval").body.right.value == 1
