"""Child processes that are killed by the hundred: a warm server forks each in a few milliseconds.

The server imports everything and opens nothing; a Python of its own would take half a second for every kill.
"""

import multiprocessing
import os
import time
from multiprocessing.connection import wait

forks = multiprocessing.get_context("forkserver")
# pytest, because a child imports the main module of its parent
forks.set_forkserver_preload(["pytest", "rocksdict", "pandas", "framework.reactive", "framework.notebook"])


class Child:
    """A process that calls a function of a module with a pipe to report on, and is gone at the end of the `with`."""

    def __init__(self, function, *arguments, context=forks):
        self._reader, writer = context.Pipe(duplex=False)
        self._process = context.Process(target=_call, args=(dict(os.environ), function, writer, arguments))
        self._process.start()
        writer.close()

    def read(self, seconds):
        """The bytes that it writes next, until it has ended or the time is over."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and wait([self._reader], left):
            data = os.read(self._reader.fileno(), 1 << 16)
            if not data:
                return
            yield data

    def news(self):
        """The bytes that it has written by now."""
        news = b""
        while wait([self._reader], 0) and (data := os.read(self._reader.fileno(), 1 << 16)):
            news += data
        return news

    @property
    def running(self):
        return self._process.exitcode is None

    def kill(self):
        """Kill it; False where it had ended by itself."""
        self._process.kill()
        return self.join() < 0

    def join(self):
        """Its exit code, negative after a signal."""
        self._process.join(60)
        assert self._process.exitcode is not None, "the child neither ended nor died"
        return self._process.exitcode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()
        self._process.close()
        self._reader.close()


def _call(environment, function, writer, arguments):
    os.environ.update(environment)  # the server may have been started by another test
    function(writer.fileno(), *arguments)
