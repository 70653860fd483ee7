"""Head office: stores, people, checklists, texts, countries, point rules, and how the machinery is doing."""

from app.web.office import checklists, countries, health, overview, rules, staff, stores, texts  # noqa: F401
