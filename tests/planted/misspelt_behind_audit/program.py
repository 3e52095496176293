from misspelt_behind_audit.receivers import Audit, Spaces
from misspelt_behind_audit.senders import Gate

from framework.core import Event, Pipeline


def run(_folder):
    pipeline = Pipeline([Gate(), Spaces(), Audit()], history=True)
    for number in range(6):
        pipeline.submit(Event("arrived", plate=f"B-{number}"))
    for number in range(4):
        pipeline.submit(Event("leaving", plate=f"B-{number}"))
    return pipeline.run().findings
