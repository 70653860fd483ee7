"""The last resort for a carrier's answer that the database would not take: a file, applied as soon as it does.

A line says which carrier id belongs to which row. Losing it would not send anything twice (the row becomes unknown and
is looked up), it would only be known later.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from app.core import config
from app.core.db import transaction
from app.messaging import callbacks
from app.messaging.callbacks import Report

log = structlog.get_logger()

WAITING, TAKEN, SET_ASIDE = ".jsonl", ".taken", ".failed"
STALE_SECONDS = 600
"""A file that somebody took so long ago belongs to a worker that has died over it."""


@dataclass(frozen=True)
class Kept:
    """A text that the carrier has taken, and the id it gave."""

    message_id: str
    provider: str
    sid: str
    status: str
    to_phone: str


def keep(results: Iterable[Kept]) -> Path | None:
    """Write down what could not be stored. Never raises: the log has the ids in any case."""
    lines = list(results)
    for one in lines:
        log.error("sms_result_not_stored", message=one.message_id, sid=one.sid, status=one.status)
    if not lines:
        return None
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        being_written = folder / f"{uuid4().hex}.part"
        with being_written.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(one)) + "\n" for one in lines)
            file.flush()
            os.fsync(file.fileno())
        return being_written.rename(being_written.with_suffix(WAITING))
    except OSError as error:
        log.error("sms_spool_not_written", error=type(error).__name__)
        return None


def forget(path: Path | None) -> None:
    """The database has it after all. Left lying, the file would be applied once more, which changes nothing."""
    try:
        if path is not None:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.error("sms_spool_not_forgotten", file=path and path.name, error=type(error).__name__)


def apply(*, now: datetime) -> int:
    """Bring every kept result to its row; returns how many were found. Twice is once.

    Never raises for a file's or the folder's sake: each drain begins here, and nothing here may keep texts from going.
    """
    applied = 0
    for path in _take():
        try:
            applied += _apply(path, now=now)
            path.unlink(missing_ok=True)
        except (OperationalError, InterfaceError) as error:
            # The database is away, or busy with the row: the next one tries.
            log.warning("sms_spool_waits", file=path.name, error=type(error).__name__)
        except Exception:
            log.exception("sms_spool_not_applied", file=path.name)
            _set_aside(path)
    return applied


@dataclass(frozen=True)
class Look:
    """The folder as a person has to know it; `set_aside`: how many files could not be applied."""

    folder: str
    set_aside: int
    is_readable: bool


def look() -> Look:
    folder = _folder()
    try:
        set_aside = sum(path.suffix == SET_ASIDE for path in folder.iterdir())
    except FileNotFoundError:
        # Made when the first result has to be kept.
        return Look(str(folder), 0, is_readable=True)
    except OSError:
        return Look(str(folder), 0, is_readable=False)
    return Look(str(folder), set_aside, is_readable=True)


def _apply(path: Path, *, now: datetime) -> int:
    """A line that can't be applied keeps no other from its row; the first such error is raised in the end."""
    applied, first = 0, None
    for line in _lines(path):
        try:
            with transaction():
                verdict = callbacks.receive(_report(line), now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            first = first or error
            continue
        log.info("sms_result_recovered", message=line.message_id, verdict=verdict.value)
        applied += 1
    if first is not None:
        raise first
    return applied


def _set_aside(path: Path) -> None:
    try:
        path.rename(path.with_suffix(SET_ASIDE))
    except OSError as error:
        log.error("sms_spool_not_set_aside", file=path.name, error=type(error).__name__)


def _report(line: Kept) -> Report:
    return Report(
        provider=line.provider,
        sid=line.sid,
        status=line.status,
        to_phone=line.to_phone,
        message_id=UUID(line.message_id),
    )


def _take() -> Iterator[Path]:
    """Each file goes to one worker: who renames it, has it."""
    try:
        found = sorted(_folder().iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        log.error("sms_spool_unreadable", folder=str(_folder()), error=type(error).__name__)
        return
    for path in found:
        if path.suffix != WAITING and not (path.suffix == TAKEN and _is_stale(path)):
            continue
        taken = path.with_suffix(TAKEN)
        try:
            path.rename(taken)
            os.utime(taken)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.error("sms_spool_not_taken", file=path.name, error=type(error).__name__)
            continue
        try:
            yield taken
        finally:
            _put_back(taken)


def _put_back(taken: Path) -> None:
    """Not applied: let the next one try."""
    try:
        if taken.exists():
            taken.rename(taken.with_suffix(WAITING))
    except OSError as error:
        log.error("sms_spool_not_put_back", file=taken.name, error=type(error).__name__)


def _is_stale(path: Path) -> bool:
    try:
        # The files' own clock, which no CLOCK= moves.
        return path.stat().st_mtime < time.time() - STALE_SECONDS
    except OSError:
        return False


def _lines(path: Path) -> list[Kept]:
    """The file's results; a line that was cut off (a full disk) must not keep the others from their rows."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(Kept(**json.loads(line)))
        except (ValueError, TypeError):
            log.error("sms_spool_line_unreadable", file=path.name)
    return found


def _folder() -> Path:
    return Path(config.settings().messaging.spool_root)
