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
    threading.Thread(target=_end_after, args=(GRACE_S,), daemon=True).start()
    await app.crash(error)


def _end_after(grace_s: float) -> None:
    time.sleep(grace_s)
    os._exit(EXIT_FAILED)
