"""A function called in a fresh process: nothing that it leaves behind reaches the next call, and nothing that it hangs on holds it up."""

import contextlib
import json
import os
import select
import signal
import sys
import time

LATE, DIED = {"late": True}, {"died": True}


def forked(function, *given, seconds):
    """What `function` returns, which is JSON; LATE when it does not return in time, DIED when its process ends first."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            text = json.dumps(function(*given)).encode("utf-8", "surrogatepass")
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(text)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    try:
        answer = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if answer is None:
        return LATE
    try:
        return json.loads(answer.decode("utf-8", "surrogatepass"))
    except ValueError:
        return DIED


def _read(pipe, until):
    """All that is written to a pipe; None when it is not closed in time."""
    pieces = []
    while True:
        left = until - time.monotonic()
        ready, _, _ = select.select([pipe], [], [], max(0.0, left))
        if not ready:
            return None
        piece = os.read(pipe, 1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
