"""Print how well customers' texts are read: `python -m tests.messaging.replies`. Counts only, so that it may be run
while the phrases are changed."""

from __future__ import annotations

from tests.messaging.replies import TUNED, labels, measure

for name in (*TUNED, "tried", "held_out"):
    print(f"{name}\n{measure(labels(name)).table()}\n")
