"""The benchmarks read /proc, so they run, and are tested, on Linux only."""

import sys

collect_ignore_glob = [] if sys.platform.startswith("linux") else ["test_*.py"]
