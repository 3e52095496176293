from starved_processor.queueing import Answers, Retry

from framework.core import Event, Pipeline
from framework.errors import DeadlineExceeded


def run(_folder):
    pipeline = Pipeline([Retry(), Answers()], history=True, max_workers=1, deadline=1)
    pipeline.submit(Event("ask", host="db"))
    pipeline.submit(Event("answer", host="db"))
    try:
        pipeline.run()
    except DeadlineExceeded:
        return pipeline.report.findings
    raise AssertionError("it ended")
