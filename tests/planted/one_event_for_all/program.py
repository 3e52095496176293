from one_event_for_all.walking import Index, Walk

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Walk(), Index()], history=True)
    pipeline.submit(Event("walk", files=("a.txt", "b.txt", "c.txt")))
    return pipeline.run().findings
