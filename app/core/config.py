"""The settings of this process. create_app and the workers put them here; everybody below reads them."""

from __future__ import annotations

from app.settings import Settings

_current: Settings | None = None


def use(settings: Settings) -> None:
    global _current
    _current = settings


def settings() -> Settings:
    if _current is None:
        raise RuntimeError("settings are read before create_app or a worker has set them")
    return _current
