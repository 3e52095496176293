from failing_line.cards import Box, Cards
from failing_line.records import PEOPLE

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Cards(), Box()], history=True, on_error="keep")
    pipeline.submit_all(Event("person", person=person) for person in PEOPLE * 5)
    return pipeline.run().findings
