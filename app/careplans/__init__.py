"""Care plans: who is looked after when, and everything that follows from it."""

from app.careplans import calendar  # noqa: F401  the table is known before anybody asks for it
