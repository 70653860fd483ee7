"""The editor's form of a care plan: from stored settings to fields and back. It works without script: adding and
taking away a condition is a button that sends the form and gets it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from app.careplans.plan_queries import PlanRow
from app.careplans.plan_settings import DEFAULT_HOURS, DEFAULT_MINUTES, WAYS, BirthdayTiming, PlanKind
from app.careplans.segments import CHOICES, OPS, Field, Op
from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_

TIMING_FIELDS: Mapping[PlanKind, tuple[str, ...]] = {
    PlanKind.CADENCE: ("grace_percent",),
    PlanKind.AFTER_PURCHASE: ("days",),
    PlanKind.REPLENISHMENT: ("days_before", "days_before_with_delivery", "until_age_months"),
    PlanKind.BIRTHDAY: ("days_before", "with_members"),
    PlanKind.FESTIVAL: ("festival", "days_before"),
    PlanKind.MILESTONE: ("age_months",),
    PlanKind.WIN_BACK: ("cycles", "fallback_days"),
    PlanKind.RECOVERY: ("days_after_closing",),
    PlanKind.PROMOTION: (),
}
TICKED = "1"
USUAL: Mapping[str, str] = {
    "grace_percent": "20",
    "days": "3",
    "days_before": "0",
    "with_members": TICKED,
    "days_before_with_delivery": "5",
    "until_age_months": "36",
    "festival": "new_year",
    "age_months": "1, 4, 6, 12, 24",
    "cycles": "1.5",
    "fallback_days": "120",
    "days_after_closing": "7",
    "months-core": "1",
    "months-important": "2",
    "months-ordinary": "3",
}
MOST_CONDITIONS = 12
MARKS = str.maketrans(dict.fromkeys("，、；;\n", ","))

CodesToIds = Callable[[list[str]], Mapping[str, int]]


@dataclass(frozen=True)
class Row:
    """One condition as it stands in the form: its operator, and whichever of the inputs its field has."""

    field: Field
    op: str
    chosen: tuple[str, ...] = ()
    words: str = ""
    low: str = ""
    high: str = ""
    days: str = ""


@dataclass(frozen=True)
class PlanDraft:
    """What stands in the editor, whether it can be published or not."""

    kind: PlanKind
    version: int
    name: dict[str, str]
    words: dict[str, str]
    timing: dict[str, str]
    tips: dict[str, dict[str, str]]
    by: str
    minutes: str
    opens: str
    closes: str
    made_days_before: str
    season_from: str
    season_until: str
    note: str = ""
    rows: tuple[Row, ...] = ()
    wanted_field: str = field(default="tier")

    @classmethod
    def new(cls, kind: PlanKind) -> PlanDraft:
        way = WAYS[kind][0]
        nothing = dict.fromkeys(LOCALES, "")
        timing = {name: USUAL[name] for name in TIMING_FIELDS[kind]}
        if kind is PlanKind.CADENCE:
            timing |= {name: value for name, value in USUAL.items() if name.startswith("months-")}
        if kind is PlanKind.REPLENISHMENT:
            timing["days_before"] = "3"
        return cls(
            kind=kind,
            version=0,
            name=dict(nothing),
            words=dict(nothing),
            timing=timing,
            tips={age: dict(nothing) for age in _parts(timing.get("age_months", ""))},
            by=way.value,
            minutes=str(DEFAULT_MINUTES[way] or 10),
            opens=DEFAULT_HOURS[0],
            closes=DEFAULT_HOURS[1],
            made_days_before="3",
            season_from="",
            season_until="",
        )

    def after(self, what: str) -> PlanDraft:
        """With one more condition ("add"), or without one ("remove:2")."""
        if what == "add":
            chosen = self.wanted_field
            if chosen not in tuple(Field) or len(self.rows) >= MOST_CONDITIONS:
                return self
            wanted = Field(chosen)
            return replace(self, rows=(*self.rows, Row(wanted, OPS[wanted][0].value)))
        gone = what.removeprefix("remove:")
        return replace(self, rows=tuple(row for number, row in enumerate(self.rows) if str(number) != gone))

    def values(self) -> dict[str, str]:
        """What stands in the fields that are one line each."""
        values = {
            "version": str(self.version),
            "by": self.by,
            "minutes": self.minutes,
            "opens": self.opens,
            "closes": self.closes,
            "made_days_before": self.made_days_before,
            "season_from": self.season_from,
            "season_until": self.season_until,
            "note": self.note,
            **self.timing,
        }
        values |= {f"name-{locale}": text for locale, text in self.name.items()}
        values |= {f"words-{locale}": text for locale, text in self.words.items()}
        for age, words in self.tips.items():
            values |= {f"tip-{age}-{locale}": text for locale, text in words.items()}
        for number, row in enumerate(self.rows):
            values |= {
                f"c{number}-op": row.op,
                f"c{number}-words": row.words,
                f"c{number}-low": row.low,
                f"c{number}-high": row.high,
                f"c{number}-days": row.days,
                f"c{number}-value": "",
            }
        return values

    def lists(self) -> dict[str, list[str]]:
        return {f"c{number}-chosen": list(row.chosen) for number, row in enumerate(self.rows)}

    def settings(self, ids_of: CodesToIds) -> dict[str, Any]:
        """As the slice reads it, which says what is wrong with it."""
        words = {locale: text for locale, text in self.words.items() if text}
        return {
            "segment": {"conditions": [_condition(row, ids_of, number) for number, row in enumerate(self.rows)]},
            "timing": self._timing(),
            "action": {
                "by": self.by,
                "minutes": _whole(self.minutes),
                "hours": [self.opens, self.closes],
                "words": words or None,
                "made_days_before": _whole(self.made_days_before),
            },
            "season": {"from": self.season_from or None, "until": self.season_until or None}
            if self.season_from or self.season_until
            else None,
        }

    def _timing(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in TIMING_FIELDS[self.kind]:
            text = self.timing.get(name, "")
            if name == "festival":
                found[name] = text
            elif name == "with_members":
                found[name] = text == TICKED
            elif name == "cycles":
                found[name] = _number(text)
            elif name == "age_months":
                found[name] = [_whole(part) for part in _parts(text)]
            else:
                found[name] = _whole(text)
        if self.kind is PlanKind.CADENCE:
            months = {name.removeprefix("months-"): text for name, text in self.timing.items() if "months-" in name}
            found["months"] = {tier: _whole(text) for tier, text in months.items() if text}
        if self.kind is PlanKind.MILESTONE:
            ages = {str(age) for age in found["age_months"]}
            found["tips"] = {age: words for age, words in self.tips.items() if age in ages and any(words.values())}
        return found


def draft_of(row: PlanRow, *, products: Mapping[int, str]) -> PlanDraft:
    """The editor's state for a plan as it stands."""
    stored = row.version.settings
    action, season, timing = stored["action"], stored["season"] or {}, stored["timing"]
    values = {
        name: ", ".join(map(str, value))
        if isinstance(value, list)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
        for name, value in timing.items()
        if name in TIMING_FIELDS[row.settings.kind]
    }
    if isinstance(row.settings.timing, BirthdayTiming):
        values["with_members"] = TICKED if row.settings.timing.with_members else ""
    if row.settings.kind is PlanKind.CADENCE:
        values |= {f"months-{tier}": str(timing["months"].get(tier, "")) for tier in CHOICES[Field.TIER]}
    return PlanDraft(
        kind=row.settings.kind,
        version=row.plan.version,
        name=dict(row.plan.name),
        words={locale: (action["words"] or {}).get(locale, "") for locale in LOCALES},
        timing=values,
        tips={str(age): dict(words) for age, words in timing.get("tips", {}).items()},
        by=action["by"],
        minutes=str(action["minutes"] or 10),
        opens=action["hours"][0],
        closes=action["hours"][1],
        made_days_before=str(action["made_days_before"]),
        season_from=season.get("from") or "",
        season_until=season.get("until") or "",
        rows=tuple(_row(condition, products) for condition in stored["segment"]["conditions"]),
    )


def read_draft(posted: MultiDict[str, str], kind: PlanKind) -> PlanDraft:
    """What came by the form, kept as it was typed."""

    def text(name: str, longest: int = 600) -> str:
        return posted.get(name, "").replace("\x00", "").replace("\r", "").strip()[:longest]

    names = TIMING_FIELDS[kind]
    timing = {name: text(name) for name in names}
    if kind is PlanKind.CADENCE:
        timing |= {f"months-{tier}": text(f"months-{tier}") for tier in CHOICES[Field.TIER]}
    tips = {}
    if kind is PlanKind.MILESTONE:
        for age in _parts(timing["age_months"])[:24]:
            tips[age] = {locale: text(f"tip-{age}-{locale}") for locale in LOCALES}
    version = text("version")
    return PlanDraft(
        kind=kind,
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
        name={locale: text(f"name-{locale}") for locale in LOCALES},
        words={locale: text(f"words-{locale}") for locale in LOCALES},
        timing=timing,
        tips=tips,
        by=text("by"),
        minutes=text("minutes"),
        opens=text("opens")[:5],
        closes=text("closes")[:5],
        made_days_before=text("made_days_before"),
        season_from=text("season_from"),
        season_until=text("season_until"),
        note=text("note"),
        rows=tuple(_rows_in(posted, text)),
        wanted_field=text("wanted_field"),
    )


def _rows_in(posted: MultiDict[str, str], text: Callable[..., str]) -> list[Row]:
    rows = []
    for number in range(MOST_CONDITIONS):
        name = posted.get(f"c{number}-field", "")
        if name in tuple(Field):
            rows.append(
                Row(
                    field=Field(name),
                    op=text(f"c{number}-op"),
                    chosen=tuple(posted.getlist(f"c{number}-chosen")),
                    words=text(f"c{number}-words", 4000),
                    low=text(f"c{number}-low"),
                    high=text(f"c{number}-high"),
                    days=text(f"c{number}-days"),
                )
            )
    return rows


def _row(condition: Mapping[str, Any], products: Mapping[int, str]) -> Row:
    wanted, op, value = Field(condition["field"]), condition["op"], condition["value"]
    if op == Op.BETWEEN:
        return Row(wanted, op, low=_shown(value["from"]), high=_shown(value["to"]))
    if op in (Op.AT_LEAST, Op.AT_MOST):
        return Row(wanted, op, days=str(value))
    if op in (Op.BOUGHT, Op.NOT_BOUGHT):
        names = [products.get(one, str(one)) if wanted is Field.PRODUCT else str(one) for one in value["of"]]
        return Row(wanted, op, words=", ".join(names), days=_shown(value["days"]))
    if wanted in CHOICES or wanted is Field.STORE:
        return Row(wanted, op, chosen=tuple(map(str, value)))
    return Row(wanted, op, words=", ".join(value))


def _condition(row: Row, ids_of: CodesToIds, number: int) -> dict[str, Any]:
    value: Any
    if row.op == Op.BETWEEN:
        value = {"from": _whole(row.low), "to": _whole(row.high)}
    elif row.op in (Op.AT_LEAST, Op.AT_MOST):
        value = _whole(row.days)
    elif row.op in (Op.BOUGHT, Op.NOT_BOUGHT):
        of: list[Any] = _parts(row.words)
        if row.field is Field.PRODUCT:
            known = ids_of(of)
            missing = [code for code in of if code not in known]
            if missing:
                raise Invalid(errors={f"settings.segment.conditions.{number}.value": [N_("There is no such product.")]})
            of = [known[code] for code in of]
        value = {"of": of, "days": _whole(row.days)}
    elif row.field is Field.STORE:
        value = [_whole(one) for one in row.chosen]
    elif row.field in CHOICES:
        value = list(row.chosen)
    else:
        value = _parts(row.words)
    return {"field": row.field.value, "op": row.op, "value": value}


def error_names(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """From the paths of the settings to the names of the form's fields."""
    found: dict[str, list[str]] = {}
    for path, lines in errors.items():
        found.setdefault(_field_of(path.removeprefix("settings.")), []).extend(lines)
    return found


def _field_of(path: str) -> str:
    parts = path.split(".")
    match parts:
        case ["segment", "conditions", number, *_]:
            return f"c{number}-value"
        case ["name", locale]:
            return f"name-{locale}"
        case ["action", "words", locale]:
            return f"words-{locale}"
        case ["action", "words"]:
            return f"words-{LOCALES[0]}"
        case ["action", "hours"]:
            return "opens"
        case ["timing", "months", tier]:
            return f"months-{tier}"
        case ["timing", "months"]:
            return "months-core"
        case ["timing", "tips", age, locale]:
            return f"tip-{age}-{locale}"
        case ["season", name]:
            return f"season_{name}"
        case [("action" | "timing"), name]:
            return name
        case _:
            return path


def _parts(text: str) -> list[str]:
    found = (part.strip() for part in text.translate(MARKS).split(","))
    return list(dict.fromkeys(part for part in found if part))


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _whole(text: str) -> Any:
    """The number, None for nothing, else the text itself for the slice to refuse."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _number(text: str) -> Any:
    try:
        return float(text) if text.strip() else None
    except ValueError:
        return text
