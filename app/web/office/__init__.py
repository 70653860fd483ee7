"""Head office: stores, people, checklists, texts, point rules, and how the machinery is doing."""

from app.web.office import checklists, health, overview, rules, staff, stores, texts  # noqa: F401
