from cached_state.numbering import Number, Shelf

from framework.core import Event, Pipeline


def run(folder):
    for titles in (("a", "b"), ("b", "c")):
        pipeline = Pipeline([Number(), Shelf()], history=True, workspace=folder / "results")
        pipeline.submit_all(Event("document", title=title) for title in titles)
        findings = pipeline.run().findings
    return findings
