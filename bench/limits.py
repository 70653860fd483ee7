"""What the same work costs with nothing around it: bare Flask, its own small tables in the schema `limits`.

No sign-in, no rules, no history, no side effects. One route per limit: one-statement complete, one select, plain-ORM
create of a task and of a message, a day whose JSON is built by PostgreSQL, one insert for a text that came in.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, ForeignKey, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}


class Task(Base):
    __tablename__ = "task"
    __table_args__ = {"schema": "limits"}

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int]
    associate_id: Mapped[int]
    due: Mapped[datetime]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    completed_at: Mapped[datetime | None]
    items: Mapped[list[Item]] = relationship(back_populates="task")


class Item(Base):
    __tablename__ = "item"
    __table_args__ = {"schema": "limits"}

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("limits.task.id"))
    key: Mapped[str]
    done: Mapped[bool] = mapped_column(default=False)
    task: Mapped[Task] = relationship(back_populates="items")


class Message(Base):
    __tablename__ = "message"
    __table_args__ = {"schema": "limits"}

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int]
    body: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]


TABLES = """
    CREATE SCHEMA limits;
    CREATE TABLE limits.customer (id int PRIMARY KEY, name text NOT NULL, phone text NOT NULL, address text NOT NULL);
    CREATE TABLE limits.task (
        id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES limits.customer, associate_id int NOT NULL,
        due timestamptz NOT NULL, status text NOT NULL, version int NOT NULL DEFAULT 1, completed_at timestamptz);
    CREATE TABLE limits.item (
        id serial PRIMARY KEY, task_id int NOT NULL REFERENCES limits.task, key text NOT NULL,
        done boolean NOT NULL DEFAULT false);
    CREATE TABLE limits.ledger (
        id bigserial PRIMARY KEY, associate_id int NOT NULL, task_id int NOT NULL, amount int NOT NULL,
        at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE limits.points (associate_id int PRIMARY KEY, points int NOT NULL);
    CREATE TABLE limits.message (
        id bigserial PRIMARY KEY, customer_id int NOT NULL REFERENCES limits.customer, body text NOT NULL,
        state text NOT NULL, created_at timestamptz NOT NULL);
    CREATE TABLE limits.inbound (
        id bigserial PRIMARY KEY, sid text NOT NULL UNIQUE, sender text NOT NULL, body text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now());
"""
INDEXES = """
    CREATE INDEX ON limits.task (associate_id, due);
    CREATE INDEX ON limits.item (task_id);
    CREATE INDEX ON limits.ledger (associate_id, at);
"""
KEYS = ("care", "sincerity", "thoughtfulness", "detail", "conscience")

db = SQLAlchemy(metadata=Base.metadata)
app = Flask("limits")
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("LIMITS_DATABASE_URL", "postgresql+psycopg:///limits")
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 8, "max_overflow": 0}
db.init_app(app)

_COMPLETE = text("""
    WITH done AS (
        UPDATE limits.task SET status = 'completed', completed_at = now(), version = version + 1
        WHERE id = :id AND status = 'active' RETURNING id, associate_id, version
    ), ticked AS (
        UPDATE limits.item SET done = true FROM done WHERE item.task_id = done.id
    ), line AS (
        INSERT INTO limits.ledger (associate_id, task_id, amount) SELECT associate_id, id, 10 FROM done
    ), total AS (
        UPDATE limits.points SET points = points + 10 FROM done WHERE points.associate_id = done.associate_id
    )
    SELECT id, version FROM done
""")

_TASK = text("SELECT id, status, version FROM limits.task WHERE id = :id")

_DAY = text("""
    SELECT coalesce(json_agg(json_build_object(
        'id', t.id, 'status', t.status, 'due', t.due, 'version', t.version,
        'customer', json_build_object('id', c.id, 'name', c.name, 'phone', c.phone, 'address', c.address)
    ) ORDER BY t.due), '[]')::text
    FROM limits.task t JOIN limits.customer c ON c.id = t.customer_id
    WHERE t.associate_id = :associate_id AND t.due >= :first AND t.due < :last
""")

_INBOUND = text("""INSERT INTO limits.inbound (sid, sender, body) VALUES (:sid, :sender, :body)
                   ON CONFLICT DO NOTHING""")


@app.post("/complete/<int:task_id>")
def complete(task_id: int) -> tuple[dict[str, Any], int]:
    row = db.session.execute(_COMPLETE, {"id": task_id}).first()
    db.session.commit()
    return ({"id": row.id, "version": row.version}, 200) if row else ({}, 409)


@app.get("/task/<int:task_id>")
def task(task_id: int) -> tuple[dict[str, Any], int]:
    row = db.session.execute(_TASK, {"id": task_id}).first()
    return ({"id": row.id, "status": row.status, "version": row.version}, 200) if row else ({}, 404)


@app.post("/tasks")
def create() -> tuple[dict[str, Any], int]:
    body = request.get_json()
    task = Task(
        customer_id=body["customer_id"],
        associate_id=body["associate_id"],
        due=datetime.fromisoformat(body["due"]),
        status="open",
        items=[Item(key=key) for key in KEYS],
    )
    db.session.add(task)
    db.session.commit()
    return {
        "id": task.id,
        "customer_id": task.customer_id,
        "associate_id": task.associate_id,
        "due": task.due.isoformat(),
        "status": task.status,
        "items": [{"id": item.id, "key": item.key, "done": item.done} for item in task.items],
    }, 201


@app.post("/messages")
def write_message() -> tuple[dict[str, Any], int]:
    body = request.get_json()
    message = Message(customer_id=body["customer_id"], body=body["text"], state="pending", created_at=datetime.now(UTC))
    db.session.add(message)
    db.session.commit()
    return {"id": message.id, "customer_id": message.customer_id, "text": message.body, "state": message.state}, 201


@app.post("/inbound")
def inbound() -> tuple[str, int]:
    form = request.form
    values = {"sid": form["MessageSid"], "sender": form["From"], "body": form["Body"]}
    db.session.execute(_INBOUND, values)
    db.session.commit()
    return "", 204


@app.get("/day/<int:associate_id>")
def day(associate_id: int) -> Response:
    values = {"associate_id": associate_id, "first": request.args["first"], "last": request.args["last"]}
    return Response(db.session.execute(_DAY, values).scalar_one(), mimetype="application/json")
