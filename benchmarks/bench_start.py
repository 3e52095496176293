"""What it costs to be there: imports beside those of the modules beneath, and a pipeline of one event.

Beneath are the modules of the standard library that the import brings along. A pipeline of one event starts a thread
and ends it, as a `ThreadPoolExecutor` does for one call.
"""

from concurrent.futures import ThreadPoolExecutor

from imports import importing, importing_beneath
from interleaved import measure, table
from promises import finish, promise

from framework.core import AbstractProcessor, Event, Pipeline

MODULES = {"framework.core": 2, "framework.flow": 2, "framework.reactive": 2.2, "framework.notebook": 3.5}
ONE_EVENT, ONE_CALL = "a pipeline of one event", "an executor of one call"
COUNT = 100


class Once(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="add", value=value):
                self.value = value


def one_event():
    for _ in range(COUNT):
        pipeline = Pipeline([Once()])
        pipeline.submit(Event("add", value=1))
        pipeline.run()


def one_call():
    for _ in range(COUNT):
        once = Once()
        with ThreadPoolExecutor(1) as executor:
            executor.submit(once.process, None, Event("add", value=1)).result()


def imports():
    for module, at_most in MODULES.items():
        beneath = f"beneath {module}"
        times = measure({module: importing(module), beneath: importing_beneath(module)}, rounds=15)
        table(f"import {module}", times, beneath, unit="ms")
        promise(f"import {module}, times the modules beneath", times.ratio(module, beneath), at_most=at_most)


def main():
    imports()
    times = measure({ONE_EVENT: one_event, ONE_CALL: one_call}, rounds=15)
    table("one event, from construction to the report", times, ONE_CALL, COUNT)
    promise("a pipeline of one event, times an executor of one call", times.ratio(ONE_EVENT, ONE_CALL), at_most=6)
    finish()


if __name__ == "__main__":
    main()
