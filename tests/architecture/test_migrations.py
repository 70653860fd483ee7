"""The migrations build exactly what the models say, in one numbered line."""

import re
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from app.core.db import Base, db
from tests.conftest import alembic_config, connected_to, migrated_template_of
from tests.servers import DatabaseMaker

VERSIONS = sorted((Path(__file__).resolve().parent.parent.parent / "migrations" / "versions").glob("*.py"))

COLUMNS = """
    select c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then 'not null' else 'null' end,
        case a.attidentity when '' then '' else 'identity' end,
        case a.attgenerated when '' then '' else 'generated' end,
        coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relname <> 'alembic_version'"""
CONSTRAINTS = """
    select c.relname, k.conname, pg_get_constraintdef(k.oid)
    from pg_constraint k join pg_class c on c.oid = k.conrelid and c.relnamespace = 'public'::regnamespace
    where c.relname <> 'alembic_version' and k.contype <> 'n'"""
INDEXES = """
    select tablename, indexname, indexdef from pg_indexes
    where schemaname = 'public' and tablename <> 'alembic_version'"""


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [re.match(r"(\d{4})_\w+\.py", path.name).group(1) for path in VERSIONS]
    assert numbers == [f"{number:04d}" for number in range(1, len(VERSIONS) + 1)]


def test_each_migration_follows_the_one_before() -> None:
    scripts = {script.revision: script for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    before = None
    for path in VERSIONS:
        number = path.name[:4]
        assert scripts[number].down_revision == before
        before = number


def test_there_is_one_head() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [VERSIONS[-1].name[:4]]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_stands_alone(path: Path) -> None:
    """The application moves on, an old migration must still do what it did."""
    assert not re.search(r"^\s*(from|import) app\b", path.read_text(), flags=re.M)


@pytest.fixture(scope="module")
def schemas(app: Flask, databases: DatabaseMaker) -> dict[str, dict[str, set[tuple[str, ...]]]]:
    """What the migrations made, and what the models would make."""
    template = migrated_template_of(app, databases)
    by_migrations, by_models = databases.copy(template), databases.copy(template)
    with app.app_context(), connected_to(databases.url(by_models)):
        # Extensions and functions stay: models lean on them, migrations alone make them.
        tables = db.session.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars()
        for table in tables.all():
            db.session.execute(text(f'drop table if exists "{table}" cascade'))
        db.session.commit()
        Base.metadata.create_all(db.engine)
    found = {
        "migrations": read_schema(databases.url(by_migrations)),
        "models": read_schema(databases.url(by_models)),
    }
    databases.drop(by_migrations)
    databases.drop(by_models)
    return found


def read_schema(url: str) -> dict[str, set[tuple[str, ...]]]:
    with psycopg.connect(url) as connection:
        return {
            name: set(connection.execute(query).fetchall())
            for name, query in (("columns", COLUMNS), ("constraints", CONSTRAINTS), ("indexes", INDEXES))
        }


@pytest.mark.parametrize("part", ["columns", "constraints", "indexes"])
def test_models_equal_the_migrated_schema(schemas: dict[str, dict[str, set[tuple[str, ...]]]], part: str) -> None:
    migrations, models = schemas["migrations"][part], schemas["models"][part]
    only_migrations = [f"only in the migrations: {row}" for row in sorted(migrations - models)]
    only_models = [f"only in the models:     {row}" for row in sorted(models - migrations)]
    assert migrations
    assert not only_migrations + only_models, "\n".join(only_migrations + only_models)
