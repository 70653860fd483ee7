"""Makes one database ready to be filled: migrations, and all that comes with the service: rules, checklists, texts and
care plans."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config

from app import create_app
from app.careplans.shipped import ship_plans
from app.core.db import transaction
from app.messaging import service as messaging
from app.points.service import ship_rules
from app.settings import settings_from_environment
from app.tasks.templates import ship_templates
from bench.world import NOW

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def main() -> None:
    app = create_app(settings_from_environment())
    long_ago = NOW - timedelta(days=400)
    with app.app_context():
        settings = Config(str(MIGRATIONS / "alembic.ini"))
        settings.set_main_option("script_location", str(MIGRATIONS))
        settings.attributes["configure_logger"] = False
        command.upgrade(settings, "head")
        with transaction():
            ship_rules(long_ago)
            ship_templates(long_ago)
            messaging.ship_templates(now=long_ago)
            ship_plans(now=long_ago)


if __name__ == "__main__":
    main()
