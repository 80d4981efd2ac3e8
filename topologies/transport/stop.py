"""Stopping the process because of an error: surely, soon, and with nothing acknowledged."""

import logging
import os
import threading
import time
from typing import Any

EXIT_FAILED = 70
"""Exit code of a process whose orderly stop did not end in time (EX_SOFTWARE)."""

GRACE_S = 5.0

_log = logging.getLogger(__name__)


async def stop_failed(app: Any, error: BaseException) -> None:
    """Crash the Faust app, which ends the process non-zero.

    A watchdog thread ends the process where an orderly stop hangs, as it can when the event loop
    itself is stuck. Later calls change nothing: the first error is the one that is reported.
    """
    if app.crash_reason is not None:
        return
    _log.critical("stopping the worker, nothing acknowledged: %r", error, exc_info=error)
    end_after(GRACE_S)
    await app.crash(error)


def end_after(grace_s: float) -> None:
    """End the process, non-zero, unless it has ended by itself after so many seconds."""
    threading.Thread(target=_end, args=(grace_s,), daemon=True).start()


def _end(grace_s: float) -> None:
    time.sleep(grace_s)
    os._exit(EXIT_FAILED)
