from phases_without_end.watching import Hosts, Watch

from framework.core import Pipeline
from framework.errors import PhaseLimitReached


def run(_folder):
    pipeline = Pipeline([Watch(), Hosts()], history=True, max_phases=14)
    try:
        pipeline.run()
    except PhaseLimitReached:
        return pipeline.report.findings
    raise AssertionError("it ended")
