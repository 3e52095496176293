"""What every test gets: its own key and Jupyter folders, and property tests that a slow machine does not fail."""

import gc
import json
import os
import shutil
import signal
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from ipykernel.kernelspec import get_kernel_dict

from framework.errors import MissingPackage

settings.register_profile("framework", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("framework"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "framework")

HAS_ROCKSDICT = sys.version_info < (3, 15) and not sysconfig.get_config_var("Py_GIL_DISABLED")
"""Whether rocksdict has a wheel for this Python."""

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a background job of a shell
    signal.signal(signal.SIGINT, signal.default_int_handler)


SERVED = "tests/browser/"
SLOW = (
    SERVED,
    "notebooks/",
    "tests/browser/pages/",
    "tests/test_shown_findings.py",
    "tests/stress/",
    "tests/cli/",
    "tests/notebook/",
    "tests/reactive/",
)
"""Where tests take seconds each: they come first, so that several processes end at about the same time."""


def slow(nodeid: str) -> str:
    """Return the innermost of the slow places that a test is in, or nothing."""
    return max((place for place in SLOW if nodeid.startswith(place)), key=len, default="")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `--dist loadscope`: whole files in the order of `SLOW`, and those that share servers in one process.

    A server of each kind is started once then, and not once for each process. Pages without a server are apart.
    """
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class SlowFirst(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return SERVED if slow(nodeid) == SERVED else super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return SlowFirst(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put slow files first in each process of several."""
    if hasattr(config, "workerinput"):
        order = (*SLOW, "")
        items.sort(key=lambda item: order.index(slow(item.nodeid)))


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of garbage collections: each took 0.3 s, and tests ask for many."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Skip where a fixture needs a workspace that this Python has no package for."""
    with needing_rocksdict():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Skip where a test needs such a workspace."""
    with needing_rocksdict():
        return (yield)


@contextmanager
def needing_rocksdict() -> Iterator[None]:
    """Skip a test that misses rocksdict on a Python that it has no wheel for; elsewhere the test fails."""
    try:
        yield
    except MissingPackage as error:
        if HAS_ROCKSDICT or "rocksdict" not in str(error):
            raise
        pytest.skip(str(error))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--large", action="store_true", help="run the campaigns of tests/stress in their full size")
    parser.addoption("--reliability", metavar="FILE", help="write the figures of --large campaigns to this page")


def pytest_configure(config: pytest.Config) -> None:
    """Have Jupyter's programs, nbval among them, fork kernels named python3 from a warm process; see warm_kernels.py.

    `framework run` and `run_notebook` ask ipykernel and not Jupyter how a kernel is started, so that theirs are started
    as those of users are; except in tests/notebook/test_runner.py, which lends them the warm process.
    """
    folder = Path(tempfile.mkdtemp(prefix="kernels-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    kernel = get_kernel_dict()
    if sys.platform == "linux":
        from warm_kernels import specification

        kernel = specification(folder / "server")
    (folder / "kernels" / "python3").mkdir(parents=True)
    (folder / "kernels" / "python3" / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(folder)


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the user's signing key, notebook settings and history out of the tests, in their subprocesses as well."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEWORK_KEY_FILE", str(home / "key"))
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        for kind in ("CONFIG", "DATA", "RUNTIME"):
            patch.setenv(f"JUPYTER_{kind}_DIR", str(home / f"jupyter-{kind.lower()}"))
        yield home


@pytest.fixture(scope="module", autouse=True)
def no_shell_left() -> Iterator[None]:
    """Take away the IPython shell that a module made, so that the next one does not believe itself in a notebook."""
    yield
    ipython = sys.modules.get("IPython.core.interactiveshell")
    if ipython is not None and ipython.InteractiveShell.initialized():
        ipython.InteractiveShell.clear_instance()
