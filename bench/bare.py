"""The least a Flask service can be: one route, no database. Limit of the framework tax and of the boot time."""

from flask import Flask

app = Flask("bare")


@app.get("/hello")
def hello() -> dict[str, str]:
    return {"status": "ok"}
