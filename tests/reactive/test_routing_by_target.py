"""Artifacts reach only processors that can use their target."""

from reactive_samples import Apply, Sink, Source, built, outcome

from framework.core import AbstractProcessor, Pipeline
from framework.reactive import ReactiveEvent


class TwoTargets(AbstractProcessor):
    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", target="n" | "m", artifact=_):
                pass


class AnyTarget(AbstractProcessor):
    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built"):
                pass


def test_a_pattern_that_names_targets_gets_only_those():
    builders = [Source("n", range(3)), Apply("m", ["n"]), Apply("other", ["m"], name="last")]
    _, report = outcome([*builders, TwoTargets(), AnyTarget()], "other")
    assert report.delivered["TwoTargets"] == 6
    assert report.delivered["AnyTarget"] == 9


def test_an_artifact_costs_only_the_builders_that_require_it():
    chain = [Apply(f"t{number + 1}", [f"t{number}"], name=f"step {number}") for number in range(20)]
    _, report = outcome([Source("t0", range(10)), *chain], "t20")
    controls = 4  # resolve, and the three events of the pipeline itself
    assert {report.delivered[f"step {number}"] for number in range(20)} == {10 + controls}


def test_a_resolve_without_recipients_is_no_dead_letter():
    pipeline = Pipeline([Apply("m", ["n"]), Sink("m")])
    pipeline.resolve("m")
    pipeline.submit(built("n", 1))
    assert pipeline.run().dead_letters == 0


def test_a_target_that_cannot_be_looked_up_reaches_those_who_take_any():
    class Any(AbstractProcessor):
        seen = 0

        def process(self, context, event):
            match event:
                case ReactiveEvent(name="built"):
                    self.seen += 1

    odd = built("n", 1)
    odd.target = ["n"]
    pipeline = Pipeline([Any(), Sink("n")])
    assert pipeline.submit(odd) == 1
    pipeline.run()
    assert pipeline["Any"].seen == 1


def test_the_results_that_were_asked_for_are_no_dead_letters():
    pipeline = Pipeline([Source("text", ["a", "b"])])
    pipeline.resolve("text")
    assert pipeline.run().dead_letters == 0


def test_an_artifact_from_outside_that_no_builder_provides_or_requires_is_a_dead_letter():
    pipeline = Pipeline([Source("text", ["a"])])
    pipeline.submit(ReactiveEvent("built", target="txet", artifact="a"))
    assert pipeline.run().dead_letters == 1
