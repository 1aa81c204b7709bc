"""Processes that are started to share work."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Called in a process that multiprocessing has started: it ends when its parent is killed,
    instead of working on beside the next one's."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()
