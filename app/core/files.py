"""Uploaded files on disk, named by the hash of their content: written once, never changed, equal files kept once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

from app.core.config import settings

PIECE = 256 * 1024


def store(data: bytes) -> str:
    """Keep these bytes and return their sha256; a crash leaves either the whole file or none."""
    digest = hashlib.sha256(data).hexdigest()
    target = path_of(digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return digest


def store_stream(stream: IO[bytes], *, limit: int) -> tuple[str, int] | None:
    """Keep what the stream brings, piece by piece; its sha256 and size, or None when it is longer than `limit`."""
    root = Path(settings().media.root).resolve()
    root.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=root, prefix=".part-")
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            while piece := stream.read(PIECE):
                size += len(piece)
                if size > limit:
                    return None
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        target = path_of(digest.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return digest.hexdigest(), size


def read(digest: str) -> bytes | None:
    """The bytes of a stored file, or None when it is gone."""
    try:
        return path_of(digest).read_bytes()
    except FileNotFoundError:
        return None


def delete(digest: str) -> None:
    path_of(digest).unlink(missing_ok=True)


def path_of(digest: str) -> Path:
    """Two levels of folders keep each of them small."""
    return Path(settings().media.root).resolve() / digest[:2] / digest[2:4] / digest
