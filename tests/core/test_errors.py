"""Bad input: each error names what was wrong and what to do instead."""

from dataclasses import dataclass

import pytest
from samples import ignore, processor, run

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import (
    AsyncProcess,
    FrameworkError,
    InterestError,
    NotAWorkspace,
    OptionError,
    PipelineRunning,
    UnknownName,
)


class Plain(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="a"):
                pass


@pytest.mark.parametrize("thing", [5, None, "Plain", Event("a")])
def test_something_that_is_no_processor_is_refused(thing):
    with pytest.raises(TypeError, match=r"made of AbstractProcessor instances, got"):
        Pipeline([thing])


def test_a_class_instead_of_an_instance_says_to_call_it():
    with pytest.raises(TypeError, match="got the class Plain: call it"):
        Pipeline([Plain])


@pytest.mark.parametrize("thing", [Plain(), None, 5])
def test_something_that_holds_no_processors_says_to_make_a_list(thing):
    with pytest.raises(TypeError, match=r"a pipeline takes a list of processors, got .*: Pipeline\(\[\.\.\.\]\)"):
        Pipeline(thing)


def test_one_instance_twice_is_refused_by_name():
    plain = Plain()
    with pytest.raises(OptionError, match="Plain stands twice in the pipeline: make a second instance"):
        Pipeline([plain, plain])


@pytest.mark.parametrize("priority", ["high", None])
def test_a_priority_that_is_no_number_is_refused(priority):
    with pytest.raises(OptionError, match="the priority of Plain is a number, got"):
        Pipeline([Plain(priority=priority)])


def test_an_unknown_processor_suggests_the_nearest():
    with pytest.raises(UnknownName, match="no processor is named 'Plian'; did you mean 'Plain'"):
        Pipeline([Plain()])["Plian"]


def test_an_unknown_inbox_names_those_that_there_are():
    with pytest.raises(LookupError, match="no processor is named 'Q'; there are: Plain"):
        Pipeline([Plain()]).inbox("Q")


def test_a_coroutine_that_nothing_awaits_says_what_to_do():
    text = str(AsyncProcess("Coroutine", "cell 3"))
    assert "Coroutine.process is `async def` (cell 3)" in text
    assert "write `def process`" in text


def test_a_processor_without_source_and_interests_is_refused_with_the_remedy():
    space = {"AbstractProcessor": AbstractProcessor, "Event": Event, "__name__": "nowhere"}
    exec("class Lost(AbstractProcessor):\n    def process(self, context, event): pass", space)
    with pytest.raises(InterestError, match=r"Lost.*\n?.*interests = "):
        Pipeline([space["Lost"]()])


def test_a_processor_without_source_may_declare_its_interests():
    space = {"AbstractProcessor": AbstractProcessor, "Event": Event, "__name__": "nowhere"}
    exec(
        "class Lost(AbstractProcessor):\n    interests = [(Event, 'a')]\n    def process(self, context, event): pass",
        space,
    )
    assert run(space["Lost"](), events=[Event("a"), Event("b")]).delivered == {"Lost": 1}


def test_a_class_without_process_cannot_be_made():
    class Unfinished(AbstractProcessor):
        pass

    with pytest.raises(TypeError, match=r"abstract method '?process"):
        Unfinished()


def test_a_workspace_that_is_a_file_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("no workspace")
    with pytest.raises(NotAWorkspace, match="file"):
        run(processor(ignore, "a"), workspace=file)


def test_renewing_a_running_pipeline_says_to_stop_it():
    refused = []

    def renew(context, event):
        with pytest.raises(PipelineRunning, match=r"wait for it or stop it before renew\(\)"):
            pipeline.renew()
        refused.append(1)

    pipeline = Pipeline([processor(renew, "a")])
    pipeline.submit(Event("a"))
    pipeline.run()
    assert refused == [1]


def test_a_run_inside_a_delivery_is_refused():
    def again(context, event):
        with pytest.raises(PipelineRunning):
            pipeline.run()

    pipeline = Pipeline([processor(again, "a")])
    pipeline.submit(Event("a"))
    assert not pipeline.run().failures


@pytest.mark.parametrize("options", [{"max_workers": 0}, {"deadline": -1}, {"grace": -1}, {"on_error": "x"}])
def test_every_refusal_can_be_caught_as_one(options):
    with pytest.raises(FrameworkError):
        Pipeline([], **options)


def test_a_subclass_need_not_call_the_inherited_init():
    class Own(Plain):
        def __init__(self, value):
            self.value = value

    pipeline = Pipeline([Own(1), Own(2)])
    assert ([one.value for one in pipeline.processors], pipeline["Own-2"].value) == ([1, 2], 2)


def test_a_frozen_dataclass_may_be_a_processor():
    @dataclass(frozen=True)
    class Frozen(Plain):
        value: int

    assert run(Frozen(3), events=[Event("a")]).delivered == {"Frozen": 1}


def test_one_name_for_several_processors_is_numbered():
    assert list(Pipeline([Plain(), Plain(), Plain(name="Plain-2")]).snapshot().nodes) == [
        "Plain",
        "Plain-2",
        "Plain-2-2",
    ]


def test_the_names_that_there_are_are_listed_up_to_thirty():
    message = str(UnknownName("processor", "zzz", [f"p{number}" for number in range(1000)]))

    assert message.endswith("p28, p29 and 970 more")


def test_a_number_is_no_misspelt_name():
    assert str(UnknownName("recorded phase", 17, ["0", "1"])) == "no recorded phase is named 17; there are: 0, 1"
