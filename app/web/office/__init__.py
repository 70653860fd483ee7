"""Head office: stores, people, checklists, texts, countries, point rules, and how the machinery is doing."""

from app.web.office import (  # noqa: F401
    checklists,
    countries,
    file,
    health,
    imports,
    overview,
    quick_answers,
    rules,
    staff,
    stock,
    stores,
    texts,
    tiers,
)
