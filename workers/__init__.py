"""The relay and the workers. Each is a process: `python -m workers.relay`, `python -m workers.worker fast`."""

import gc
import sys

if sys.argv[0] == "-m":
    # This process is just being started by such a line (what imports us from elsewhere has a name here). What loading
    # makes stays, so looking through it for garbage only delays the start by a fifth; collect_from_now() ends it.
    gc.disable()


def collect_from_now() -> None:
    """Everything is loaded: from here on the collector looks at what work leaves behind, and at that alone."""
    gc.freeze()
    gc.enable()
