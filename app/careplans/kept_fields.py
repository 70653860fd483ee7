"""Conditions about fields of the file that the company has switched off: none can be written any more, and one that
stands knows the field of nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.careplans.segments import OPTIONAL, Field, Segment
from app.core.i18n import N_
from app.customers import file_fields


def switched_off(segments: Sequence[Segment]) -> frozenset[Field]:
    """Fields of these conditions that the company does not keep now."""
    asked = {condition.field for segment in segments for condition in segment.conditions} & set(OPTIONAL)
    return frozenset(asked & not_kept()) if asked else frozenset()


def not_kept() -> frozenset[Field]:
    """Fields that no condition can be about now."""
    off = file_fields.switched_off()
    return frozenset(field for field, key in OPTIONAL.items() if key.value in off)


def faults_of(segment: Segment) -> dict[str, Any]:
    """By position, the conditions that can't be written."""
    off = switched_off([segment])
    return {
        str(position): {"field": [N_("Your company does not keep this. Take the condition away.")]}
        for position, condition in enumerate(segment.conditions)
        if condition.field in off
    }
