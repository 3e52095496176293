"""Ctrl-C for the process that this is imported in, at random moments."""

import faulthandler
import json
import logging
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any


def interrupt(act: Callable[[], object], seconds: float) -> None:
    """Call `act` and send this process SIGINT after so many seconds, which may be after the end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the last may have kept asyncio.run from putting it back
    sender = threading.Thread(target=_send, args=(seconds,))
    try:
        sender.start()
        act()
        sender.join()
        time.sleep(10)  # the signal is on its way, and must find this `try`
    except KeyboardInterrupt:
        sender.join()
    else:
        raise AssertionError("the interrupt got lost")


def _send(seconds: float) -> None:
    time.sleep(seconds)  # a busy wait would keep the interpreter from the thread to be interrupted
    os.kill(os.getpid(), signal.SIGINT)


def main(campaign: Callable[..., Counter[str]], *, give_up: float = 90) -> None:
    """Print the figures of a campaign, which gets a random generator and the other arguments of the command line."""
    faulthandler.dump_traceback_later(give_up, exit=True)
    logging.disable(logging.CRITICAL)
    seed, *arguments = sys.argv[1:]
    print(json.dumps(campaign(random.Random(seed), *arguments)))  # noqa: T201 - its answer


def seconds_of(act: Callable[[], Any]) -> float:
    """How long it takes without an interrupt."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
