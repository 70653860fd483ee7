"""The labelled texts of customers, and how well they are read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.messaging.intents import IntentKind, read

FOLDER = Path(__file__).parent
TUNED = ("labelled", "further", "third", "fourth", "fifth")
"""Sets by five hands; each was read by whoever wrote the phrases only after it had been measured."""
KINDS = [kind.value for kind in IntentKind]


@dataclass(frozen=True)
class Label:
    text: str
    asked: str | None
    intent: str
    value: int | None
    doubtful: bool

    def is_met(self) -> bool:
        found = read(self.text, self.asked)
        has_value = self.value is None or found.value == self.value
        return found.kind == self.intent and has_value and found.doubtful == self.doubtful


@dataclass(frozen=True)
class Result:
    """How a set was read. `matrix` counts (label, reading); `right` also asks for the number and for the doubt."""

    total: int
    right: int
    matrix: Counter[tuple[str, str]]

    @property
    def share(self) -> float:
        return self.right / self.total

    def recall(self, kind: str) -> float:
        return self.matrix[kind, kind] / sum(count for (label, _), count in self.matrix.items() if label == kind)

    def precision(self, kind: str) -> float:
        return self.matrix[kind, kind] / sum(count for (_, said), count in self.matrix.items() if said == kind)

    def table(self) -> str:
        """Rows: what was meant. Columns: how it was read."""
        lines = [" " * 11 + "".join(f"{kind:>11}" for kind in KINDS)]
        lines += [f"{label:11}" + "".join(f"{self.matrix[label, kind]:>11}" for kind in KINDS) for label in KINDS]
        lines.append(f"{self.right} of {self.total} right ({self.share:.1%})")
        for kind in ("opt_out", "complaint"):
            lines.append(f"{kind}: recall {self.recall(kind):.1%}, precision {self.precision(kind):.1%}")
        return "\n".join(lines)


def labels(name: str) -> list[Label]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_label(json.loads(line)) for line in lines]


def _label(row: dict[str, Any]) -> Label:
    return Label(
        text=row["text"], asked=row["asked"], intent=row["intent"], value=row["value"], doubtful=row["doubtful"]
    )


def measure(rows: Iterable[Label]) -> Result:
    rows = list(rows)
    matrix = Counter((row.intent, str(read(row.text, row.asked).kind)) for row in rows)
    return Result(total=len(rows), right=sum(row.is_met() for row in rows), matrix=matrix)
