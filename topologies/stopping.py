"""How a process of ours is asked to end: SIGTERM or SIGINT, heard at the next turn of its loop."""

import signal
import threading


def stop_requests() -> threading.Event:
    """An event that is set when the process is asked to end. Call it from the main thread."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    return asked
