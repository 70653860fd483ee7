"""The stored form of every fact. `python -m tests.architecture.golden` adds new facts and changes no old one."""

import dataclasses
import json
import types
import typing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from app import events
from app.core import outbox
from app.core.outbox import Fact

FILE = Path(__file__).with_name("golden_facts.json")
MOMENT = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
SAMPLES: dict[Any, Any] = {
    int: 7,
    str: "words",
    float: 1.5,
    bool: True,
    datetime: MOMENT,
    date: MOMENT.date(),
    UUID: UUID("0196b6a8-0000-7000-8000-000000000001"),
}


def all_facts() -> dict[str, type[Fact]]:
    """Every concrete fact of app/events.py: those that others only inherit from are not published."""
    found = {
        name: kind
        for name, kind in vars(events).items()
        if isinstance(kind, type) and issubclass(kind, Fact) and kind.__module__ == events.__name__
    }
    bases = {base for kind in found.values() for base in kind.__mro__[1:]}
    return {name: kind for name, kind in found.items() if kind not in bases}


def sample(kind: Any) -> Any:
    if kind in SAMPLES:
        return SAMPLES[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return sample(next(one for one in arguments if one is not type(None)))
    if origin is typing.Literal:
        return arguments[0]
    if origin in (list, tuple, frozenset, set):
        return origin([sample(arguments[0])])
    if origin is dict or kind is dict:
        return {"key": "value"}
    if isinstance(kind, type) and hasattr(kind, "__members__"):
        return next(iter(kind))
    raise TypeError(f"golden.py knows no sample of {kind}")


def example(kind: type[Fact]) -> Fact:
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: sample(hints[field.name]) for field in dataclasses.fields(kind)})


def stored(kind: type[Fact]) -> dict[str, Any]:
    return json.loads(outbox.encode(example(kind)))


def read() -> dict[str, dict[str, Any]]:
    return json.loads(FILE.read_text()) if FILE.is_file() else {}


def main() -> None:
    golden = read()
    new = {name: stored(kind) for name, kind in all_facts().items() if name not in golden}
    FILE.write_text(json.dumps(dict(sorted((golden | new).items())), indent=2, ensure_ascii=False) + "\n")
    print(f"  {len(new)} new facts: {', '.join(new) or '-'}")


if __name__ == "__main__":
    main()
