"""How the web process serves: with threads, as a live stream holds one for hours and a request for milliseconds."""

import gc
import os
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
# Loaded once and shared: workers start at once, and their code counts once in memory. Nothing connects before the fork.
preload_app = True
threads = int(os.environ.get("WEB_THREADS", "128"))
# Open streams never end by themselves; a restart waits no longer than this for them.
graceful_timeout = 3
timeout = 60
keepalive = 15
# The worker's sign of life is a file that it touches: on a disk a busy moment could look like a hang.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
accesslog = None  # app.core.log writes a line with the request's id and no personal data
control_socket_disable = True

# What loading makes stays, so looking through it for garbage again and again only delays the start.
gc.disable()


def pre_fork(_server: object, _worker: object) -> None:
    """Keep the collector off what the workers share, else its bookkeeping would copy the shared pages."""
    gc.freeze()


def post_fork(_server: object, _worker: object) -> None:
    gc.enable()
