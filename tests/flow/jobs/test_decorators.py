"""What decorators declare about a processor, and what goes before it."""

from __future__ import annotations

import asyncio
import functools
import pickle

import pytest
from flow_samples import Adder, double, outcome, results, triple

from framework.errors import FlowError, OptionError
from framework.flow import Capacity, FixedCapacity, Flow, UtilizationCapacity, job_capacity, job_name, workers
from virtual_time import play

pytestmark = pytest.mark.timeout(30)


@pytest.mark.parametrize("name", ["", None, 7])
def test_job_name_takes_a_name(name):
    with pytest.raises(OptionError, match="name"):
        job_name(name)


def capacity_of(processor, default=None):
    flow = Flow(capacity=default).add(processor)
    flow._jobs[0].check()
    return flow._jobs[0]._cap


def test_decorators_stack_in_any_order():
    base = UtilizationCapacity(queue_length=42, sampling=7)
    one = job_name("n")(job_capacity(base)(workers(2, 6, 4)(double)))
    two = workers(2, 6, 4)(job_name("n")(job_capacity(base)(double)))
    three = job_capacity(base)(workers(2, 6, 4)(job_name("n")(double)))
    expected = UtilizationCapacity(4, 2, 6, 42, sampling=7)
    assert capacity_of(one) == capacity_of(two) == capacity_of(three) == expected
    assert base == UtilizationCapacity(queue_length=42, sampling=7)


def test_decorators_share_no_state():
    first, second = job_name("first")(double), job_name("second")(double)
    assert [job.name for job in Flow().add(first).add(second).add(double)._jobs] == ["first", "second", "double"]


def test_what_is_decorated_stays_callable_and_picklable():
    assert asyncio.run(triple(2)) == 6
    assert asyncio.run(Adder(3).add(4)) == 7
    assert pickle.loads(pickle.dumps(triple)) is triple


def test_a_decorated_method_keeps_its_declaration_when_bound():
    flow = Flow().add(Adder(1).add)
    assert flow._jobs[0].name == "method"
    assert capacity_of(Adder(1).add).max_workers == 2


def test_objects_partials_and_static_methods_can_be_decorated():
    class Tools:
        @job_name("static")
        @staticmethod
        async def same(item):
            return item

        @job_name("class")
        @classmethod
        async def kind(cls, item):
            return cls.__name__ + item

    named = job_name("adder")(Adder(2))
    bound = job_name("bound")(Adder(2).add)
    partial = job_name("partial")(functools.partial(double))
    flow = Flow().add(named).add(partial).add(Tools.same).add(bound)
    assert [job.name for job in flow._jobs] == ["adder", "partial", "static", "bound"]
    assert play(results(flow, [1])) == [8]
    assert outcome(Tools.kind, "!") == "Tools!"


def test_workers_give_a_fixed_capacity_a_range():
    assert capacity_of(workers(1, 4)(double), FixedCapacity(2, 99)) == UtilizationCapacity(1, 1, 4, 99)


def test_the_argument_goes_before_decorators_and_they_before_the_default():
    declared = job_capacity(FixedCapacity(2))(double)
    assert capacity_of(declared, FixedCapacity(3)).max_workers == 2
    flow = Flow().add(declared, FixedCapacity(7))
    flow._jobs[0].check()
    assert flow._jobs[0]._cap.max_workers == 7


def test_a_plain_capacity_gets_the_settings_of_utilization():
    assert capacity_of(job_capacity(Capacity(2, 1, 9))(double)) == UtilizationCapacity(2, 1, 9)


@pytest.mark.parametrize("capacity", [5, "large", Capacity])
def test_what_is_no_capacity_is_refused(capacity):
    with pytest.raises(OptionError, match="Capacity"):
        Flow().add(double, capacity)
    with pytest.raises(OptionError, match="Capacity"):
        job_capacity(capacity)
    with pytest.raises(OptionError, match="Capacity"):
        Flow(capacity=capacity)


def test_a_decorated_object_is_the_same_for_every_instance_of_a_class():
    class Tools:
        add = job_name("two more")(Adder(2))

    assert outcome(Tools().add) == 3
    assert Flow().add(Tools().add)._jobs[0].name == "two more"


@pytest.mark.parametrize("thing", [5, None, "text"])
def test_only_something_that_can_be_called_is_decorated(thing):
    with pytest.raises(FlowError, match="only something callable can be a processor"):
        job_name("n")(thing)
