"""Reading a checklist: which items show, which are required, and whether an answer fits its item. Pure: no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_, Text3
from app.tasks.kinds import Heart, ItemKind, Reason, TaskType

Answers = Mapping[str, Any]

GIVEN = "given"
"""The answer to a gift that says something was given."""
MAX_TEXT = 4000
MAX_PHOTOS = 12
MAX_ITEMS = 80
"""Condition words, in a `visible_if` or `required_if`: {"item": key, "is": value}, "in": [..], "above": n, "below": n,
"answered": true; several conditions in a list must all hold."""


@dataclass(frozen=True)
class Item:
    """One line of a checklist."""

    key: str
    heart: str
    kind: ItemKind
    label: Text3
    help: Text3 | None
    required: bool
    choices: tuple[tuple[str, Text3], ...]
    minimum: float | None
    maximum: float | None
    unit: str | None
    visible_if: tuple[Mapping[str, Any], ...]
    required_if: tuple[Mapping[str, Any], ...]
    follow_up: Mapping[str, Any] | None

    @cached_property
    def shown(self) -> dict[str, Any]:
        """What a reader sees of the item itself; it never changes, so it is put together once."""
        return {
            "key": self.key,
            "heart": self.heart,
            "kind": self.kind.value,
            "label": self.label,
            "help": self.help,
            "choices": [{"key": key, "label": label} for key, label in self.choices],
            "min": self.minimum,
            "max": self.maximum,
            "unit": self.unit,
            "visible_if": list(self.visible_if),
            "required_if": list(self.required_if),
            "always_required": self.required,
            "follow_up": {"type": self.follow_up["type"], "days": self.follow_up["days"]} if self.follow_up else None,
            "is_door_code": self.is_door_code,
        }

    @property
    def is_door_code(self) -> bool:
        """The code that the customer reads out; any other code is something printed, such as a serial number."""
        return self.kind is ItemKind.CODE and self.key.startswith("door")


@dataclass(frozen=True)
class ItemState:
    """An item as it stands after the answers given so far."""

    item: Item
    visible: bool
    required: bool
    answered: bool


def digest_of(items: Sequence[Mapping[str, Any]]) -> str:
    """Names the content of a version, so that two equal contents are recognised."""
    plain = json.dumps(items, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def parse(items: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    return tuple(_item(raw) for raw in items)


def _item(raw: Mapping[str, Any]) -> Item:
    return Item(
        key=raw["key"],
        heart=raw["heart"],
        kind=ItemKind(raw["kind"]),
        label=dict(raw["label"]),
        help=dict(raw["help"]) if raw.get("help") else None,
        required=bool(raw.get("required", False)),
        choices=tuple((choice["key"], dict(choice["label"])) for choice in raw.get("choices", ())),
        minimum=raw.get("min"),
        maximum=raw.get("max"),
        unit=raw.get("unit"),
        visible_if=_conditions(raw.get("visible_if")),
        required_if=_conditions(raw.get("required_if")),
        follow_up=raw.get("follow_up"),
    )


def _conditions(raw: Any) -> tuple[Mapping[str, Any], ...]:
    if not raw:
        return ()
    return tuple(raw) if isinstance(raw, list) else (raw,)


def evaluate(items: Sequence[Item], answers: Answers) -> list[ItemState]:
    """The state of every item. A condition looks only at items above that show, so one pass settles all of them."""
    shown: dict[str, Any] = {}
    states = []
    for item in items:
        visible = all(_holds(condition, shown) for condition in item.visible_if)
        required = visible and (
            item.required or (bool(item.required_if) and all(_holds(c, shown) for c in item.required_if))
        )
        value = answers.get(item.key)
        if visible:
            shown[item.key] = value
        states.append(ItemState(item, visible, required, is_answered(item.kind, value)))
    return states


def _holds(condition: Mapping[str, Any], answers: Answers) -> bool:
    value = answers.get(condition["item"])
    if "answered" in condition:
        return (value not in (None, "", [])) is bool(condition["answered"])
    if value is None:
        return False
    if "is" in condition:
        return bool(value == condition["is"])
    if "in" in condition:
        return value in condition["in"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bool(condition.get("above", float("-inf")) < value < condition.get("below", float("inf")))


def is_answered(kind: ItemKind, value: Any) -> bool:
    """A required tick must be ticked: an unticked box is no answer."""
    if kind is ItemKind.TICK:
        return value is True
    return value not in (None, "", [])


def missing(items: Sequence[Item], answers: Answers) -> list[Item]:
    """Items that still need an answer before the task may be completed."""
    return [state.item for state in evaluate(items, answers) if state.required and not state.answered]


def failed_items(items: Sequence[Item], answers: Answers) -> list[Item]:
    """Visible pass/fail items that failed and ask for a follow-up task."""
    return [
        state.item
        for state in evaluate(items, answers)
        if state.visible and state.item.follow_up and answers.get(state.item.key) == "fail"
    ]


def clean_answers(items: Sequence[Item], answers: Answers) -> dict[str, Any]:
    """The answers in stored form; raises Invalid naming every item whose answer does not fit. None takes one back."""
    known = {item.key: item for item in items}
    errors: dict[str, list[str]] = {}
    cleaned: dict[str, Any] = {}
    for key, value in answers.items():
        item = known.get(key)
        if item is None:
            errors[f"answers.{key}"] = [N_("This checklist has no such item.")]
            continue
        try:
            cleaned[key] = None if value is None else _CLEANERS[item.kind](item, value)
        except ValueError as error:
            errors[f"answers.{key}"] = [str(error)]
    if errors:
        raise Invalid(errors=errors)
    return cleaned


def _tick(_item: Item, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(N_("Must be true or false."))
    return value


def _pass_fail(_item: Item, value: Any) -> str:
    if value not in ("pass", "fail"):
        raise ValueError(N_("Must be pass or fail."))
    return str(value)


def _number(item: Item, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(N_("Must be a number."))
    if item.minimum is not None and value < item.minimum:
        raise ValueError(N_("This number is too small."))
    if item.maximum is not None and value > item.maximum:
        raise ValueError(N_("This number is too large."))
    if abs(value) > 1e12:
        raise ValueError(N_("This number is too large."))
    return value


def _choice(item: Item, value: Any) -> str:
    if not isinstance(value, str) or value not in {key for key, _label in item.choices}:
        raise ValueError(N_("Must be one of the choices."))
    return value


def _text(_item: Item, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(N_("Must be a text."))
    if "\x00" in value:
        raise ValueError(N_("This text holds characters that can't be stored."))
    if len(value) > MAX_TEXT:
        raise ValueError(N_("This text is too long."))
    return value.strip()


def _photos(_item: Item, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_PHOTOS:
        raise ValueError(N_("Must be a list of at most twelve pictures."))
    return [_blob_id(entry) for entry in value]


def _signature(_item: Item, value: Any) -> str:
    return _blob_id(value)


def _blob_id(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(N_("Must be the id of an uploaded picture."))
    try:
        return str(UUID(value))
    except ValueError as error:
        raise ValueError(N_("Must be the id of an uploaded picture.")) from error


def _code(_item: Item, value: Any) -> str:
    if not isinstance(value, str) or not value.strip().isascii() or not value.strip().isalnum() or len(value) > 16:
        raise ValueError(N_("Must be the code that the customer reads out."))
    return value.strip()


_CLEANERS = {
    ItemKind.TICK: _tick,
    ItemKind.PASS_FAIL: _pass_fail,
    ItemKind.NUMBER: _number,
    ItemKind.CHOICE: _choice,
    ItemKind.GIFT: _choice,
    ItemKind.TEXT: _text,
    ItemKind.PHOTO: _photos,
    ItemKind.SIGNATURE: _signature,
    ItemKind.CODE: _code,
}


def check_template(items: Sequence[Mapping[str, Any]]) -> None:
    """Raises Invalid for content that could not be shown or answered, naming the place of each fault."""
    errors: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    if not items or len(items) > MAX_ITEMS:
        raise Invalid(errors={"items": [N_("A checklist has one to eighty items.")]})
    for index, raw in enumerate(items):
        for path, message in _faults(raw, seen):
            errors.setdefault(f"items.{index}.{path}", []).append(message)
        seen[str(raw.get("key"))] = str(raw.get("kind"))
    if not any(raw.get("kind") == ItemKind.TICK for raw in items):
        errors.setdefault("items", []).append(N_("A checklist has at least one tick."))
    if errors:
        raise Invalid(errors=errors)


def _faults(raw: Mapping[str, Any], seen: Mapping[str, str]) -> list[tuple[str, str]]:
    faults = []
    if raw.get("key") in seen:
        faults.append(("key", N_("Another item has this key.")))
    if raw.get("heart") not in set(Heart):
        faults.append(("heart", N_("Must be one of the five hearts.")))
    if raw.get("kind") not in set(ItemKind):
        faults.append(("kind", N_("This kind of item is unknown.")))
    if not _is_text3(raw.get("label")):
        faults.append(("label", N_("Needs a text in all three languages.")))
    if raw.get("help") is not None and not _is_text3(raw.get("help")):
        faults.append(("help", N_("Needs a text in all three languages.")))
    if raw.get("kind") in (ItemKind.CHOICE, ItemKind.GIFT):
        choices = raw.get("choices") or []
        keys = [choice.get("key") for choice in choices]
        if raw.get("kind") == ItemKind.GIFT and GIVEN not in keys:
            faults.append(("choices", N_("One answer of a gift has the key “given”.")))
        if len(keys) < 2 or len(set(keys)) != len(keys) or not all(_is_text3(c.get("label")) for c in choices):
            faults.append(("choices", N_("A choice has at least two different answers, in all three languages.")))
    low, high = raw.get("min"), raw.get("max")
    if low is not None and high is not None and low > high:
        faults.append(("max", N_("The upper limit is below the lower one.")))
    for name in ("visible_if", "required_if"):
        for condition in _conditions(raw.get(name)):
            # Only items above may be asked: that keeps evaluation one pass and free of circles.
            if condition.get("item") not in seen:
                faults.append((name, N_("A condition may only look at an item above it.")))
            elif not {"is", "in", "above", "below", "answered"} & set(condition):
                faults.append((name, N_("This condition compares nothing.")))
    follow_up = raw.get("follow_up")
    if follow_up is not None:
        if raw.get("kind") != ItemKind.PASS_FAIL:
            faults.append(("follow_up", N_("Only a pass/fail item can open a follow-up task.")))
        if follow_up.get("type") not in set(TaskType) or follow_up.get("reason") not in set(Reason):
            faults.append(("follow_up", N_("The follow-up needs a known type and reason.")))
        if not isinstance(follow_up.get("days"), int) or not 0 <= follow_up["days"] <= 90:
            faults.append(("follow_up", N_("The follow-up is due within 0 to 90 days.")))
    return faults


def _is_text3(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(value.get(locale), str) and value[locale] for locale in LOCALES
    )
