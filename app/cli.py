"""flask commands: what an operator does by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import Migrate

from app.careplans.shipped import ship_plans
from app.core import clock, outbox
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.i18n import DEFAULT_LOCALE, LOCALES
from app.demo import company
from app.messaging import service as messaging
from app.people import queries as people
from app.people import service as staff
from app.people import sessions
from app.people.access import Actor, Role
from app.points import service as points
from app.purchases import tiers
from app.tasks import service as tasks

MIGRATIONS = Path(__file__).parent.parent / "migrations"

outbox_commands = AppGroup("outbox", help="Look at the outbox and its dead letters.")
demo_commands = AppGroup("demo", help="The demo company.")
company_commands = AppGroup("company", help="Your own company.")
tier_commands = AppGroup("tiers", help="Who is core, important, ordinary.")


def init_cli(app: Flask) -> None:
    """Add the commands; only for a process that may be asked for one, as Alembic alone takes long to load."""
    Migrate(app, db, directory=str(MIGRATIONS))
    app.cli.add_command(outbox_commands)
    app.cli.add_command(demo_commands)
    app.cli.add_command(company_commands)
    app.cli.add_command(tier_commands)


@outbox_commands.command("status")
def status() -> None:
    """Rows waiting, rows given up, and the oldest wait."""
    state = outbox.backlog()
    click.echo(f"due {state.due}  dead {state.dead}  oldest due {state.oldest_due_seconds:.1f} s")


@outbox_commands.command("dead")
@click.option("--limit", default=50, show_default=True)
def dead(limit: int) -> None:
    """List deliveries that were given up, with their last error."""
    letters = outbox.dead_letters(limit=limit)
    for letter in letters:
        click.echo(
            f"{letter.id}  {letter.fact} -> {letter.subscriber}  after {letter.attempts} attempts: {letter.error}"
        )
    if not letters:
        click.echo("No dead letters.")


@outbox_commands.command("retry")
@click.argument("delivery_id", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Retry every dead letter.")
def retry(delivery_id: int | None, everything: bool) -> None:
    """Make one dead letter, or with --all every one, due again."""
    if delivery_id is None and not everything:
        raise click.UsageError("name a delivery, or say --all")
    with transaction():
        count = outbox.retry_dead(None if everything else delivery_id)
    click.echo(f"{count} due again")


@outbox_commands.command("drain")
def drain() -> None:
    """Run due deliveries here and now, without a worker."""
    click.echo(f"{outbox.drain_deliveries(stop_after_seconds=600)} done")


@demo_commands.command("load")
@click.option("--quiet", is_flag=True)
def load(quiet: bool) -> None:
    """Load the demo company into an empty database; does nothing when there is a store already."""
    if not company.is_empty(db.session()):
        click.echo("There is a company already; use `flask demo reset` to make the demo anew.")
        return
    company.load(now=clock.now(), say=(lambda _line: None) if quiet else click.echo)


@demo_commands.command("reset")
@click.confirmation_option(prompt="This deletes every row of this database. Go on?")
def reset() -> None:
    """Empty every table and load the demo company anew."""
    company.wipe(say=click.echo)
    company.load(now=clock.now(), say=click.echo)


@company_commands.command("open")
@click.option("--name", prompt="Your name")
@click.option("--phone", prompt="Your phone number, with its +")
@click.option("--locale", type=click.Choice(sorted(LOCALES)), default=DEFAULT_LOCALE, show_default=True)
@click.password_option(prompt="A password of at least eight characters")
def open_company(name: str, phone: str, locale: str, password: str) -> None:
    """Publish the shipped checklists, texts, rules and care plans, and make the first login, for head office."""
    actor, now = Actor.system("cli"), clock.now()
    try:
        with transaction():
            if people.has_anybody():
                raise click.ClickException("There are people already: head office adds more on the page “People”.")
            _publish_shipped(now=now)
            boss = staff.create_staff(
                name=name, phone=phone, role=Role.HEAD_OFFICE, locale=locale, actor=actor, now=now
            )
            sessions.set_password(boss.id, password, actor=actor, now=now)
    except Problem as problem:
        raise click.ClickException("; ".join(_lines(problem))) from problem
    click.echo("Open. Sign in and add your stores and people.")


@company_commands.command("refresh")
def refresh_company() -> None:
    """After an update: publish the checklists, texts and care plans it brings; what the company has changed stays."""
    with transaction():
        _publish_shipped(now=clock.now())
    click.echo("Everything that comes with this release is there.")


def _publish_shipped(*, now: datetime) -> None:
    tasks.ship_templates(now=now)
    messaging.ship_templates(now=now)
    points.ship_rules(now=now)
    ship_plans(now=now)


@tier_commands.command("compute")
def compute_tiers() -> None:
    """Bring buying habits and tiers up to date, as the job at 01:30 does; it may be run at any time."""
    done = tiers.recompute(now=clock.now(), say=click.echo)
    click.echo(f"{done.habits} habits and {done.ranked} ranks changed, {done.moved} customers moved")


def _lines(problem: Problem) -> list[str]:
    if not problem.errors:
        return [str(problem)]
    return [f"{field}: {' '.join(map(str, said))}" for field, said in problem.errors.items()]
