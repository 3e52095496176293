from framework.core import AbstractProcessor, Event, Pipeline
from framework.observe import Edge
from framework.reactive import ReactiveBuilder, ReactiveEvent


class Words(ReactiveBuilder):
    def __init__(self, requires=("text",)):
        super().__init__(provides="word", requires=list(requires))

    def build(self, context, text=""):
        yield from text.split()


class Show(AbstractProcessor):
    def __init__(self):
        self.shown = []

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", target="word", artifact=word):
                self.shown.append(word)


class Log(AbstractProcessor):
    def __init__(self):
        self.logged = []

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built", artifact=artifact):
                self.logged.append(artifact)


class Reader(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start", text=text):
                context.submit(ReactiveEvent("built", "text", artifact=text))
                context.submit(Event("finished"))


def edges(graph, *ends):
    return [edge for edge in graph.edges if {edge.source, edge.target} & set(ends)]


def test_what_builders_tell_each_other_is_drawn_as_targets():
    graph = Pipeline([Words(), Show()]).graph()
    assert {node.key for node in graph.nodes} == {"Words", "Show", ("target", "text"), ("target", "word")}


def test_a_processor_receives_the_target_that_its_case_names():
    graph = Pipeline([Words(), Show()]).graph()
    assert edges(graph, "Show") == [Edge(("target", "word"), "Show", "receives")]


def test_a_processor_whose_case_names_no_target_receives_all():
    graph = Pipeline([Words(), Log()]).graph()
    assert {edge.source for edge in edges(graph, "Log")} == {("target", "text"), ("target", "word")}


def test_a_target_without_a_provider_is_missing():
    graph = Pipeline([Words()]).graph()
    assert graph.node(("target", "text")).missing
    assert not graph.node(("target", "word")).missing


def test_an_artifact_from_a_plain_processor_is_drawn_once_it_was_seen():
    pipeline = Pipeline([Reader(), Words(), Show()])
    pipeline.observe(lambda happening: None)
    pipeline.submit(Event("start", text="one two"))
    pipeline.resolve("word")
    pipeline.run()
    graph = pipeline.graph()
    assert Edge("Reader", ("target", "text"), "emits", observed=True) in graph.edges
    assert not graph.node(("target", "text")).missing
    assert Edge("Words", ("target", "word"), "provides", observed=True) in graph.edges


def test_work_that_a_builder_defers_to_itself_is_no_event_of_the_graph():
    class Source(ReactiveBuilder):
        def __init__(self):
            super().__init__(provides="word", requires=[])

        def build(self, context):
            yield from ("a", "b")

    pipeline = Pipeline([Source()])
    pipeline.observe(lambda happening: None)
    pipeline.resolve("word")
    assert all(node.kind != "event" for node in pipeline.graph().nodes)


def test_an_event_without_recipients_is_missing_and_one_from_outside_says_so():
    graph = Pipeline([Reader()]).graph()
    assert graph.node(("event", "Event", "finished")).missing
    assert graph.node(("event", "Event", "start")).details["source"] == "outside"


class Tick(Event):
    pass


class Ticking(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start"):
                context.submit(Tick("second"))


class AnyTick(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Tick():
                pass


class Anything(AbstractProcessor):
    def process(self, context, event):
        pass


def test_a_wish_for_a_whole_class_is_drawn_at_the_events_of_that_class_that_are_emitted():
    graph = Pipeline([Ticking(), AnyTick()]).graph()
    assert edges(graph, "AnyTick") == [Edge(("event", "Tick", "second"), "AnyTick", "receives")]
    assert Pipeline([AnyTick()]).graph().node(("event", "Tick", None)).details == {"source": "outside"}


def test_a_processor_that_takes_anything_receives_every_event_and_adds_none():
    graph = Pipeline([Ticking(), Anything()]).graph()
    assert {edge.source[2] for edge in edges(graph, "Anything")} == {"start", "second"}
    assert Pipeline([Anything()]).graph().edges == ()


def test_events_of_one_name_show_their_classes():
    class Parcel(Event):
        pass

    class Sorts(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Parcel(name="sent") | Event(name="sent" | "lost"):
                    pass

    with Pipeline([Sorts()]) as pipeline:
        labels = {node.label for node in pipeline.graph().nodes if node.kind == "event"}
    assert labels == {"Parcel 'sent'", "Event 'sent'", "lost"}
