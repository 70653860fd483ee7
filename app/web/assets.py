"""The built front end on its way to the browser: manifest look-up and the files under /static."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, request, send_from_directory
from flask.wrappers import Response
from markupsafe import Markup
from werkzeug.exceptions import NotFound

BUILT = Path(__file__).resolve().parent.parent / "static_dist"
ONE_YEAR_SECONDS = 365 * 24 * 3600
ONE_DAY_SECONDS = 24 * 3600
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


@dataclass(frozen=True)
class Entry:
    """One entry of the build: its own file (script, or the sheet itself for a style entry) and what it needs."""

    script: str
    preloads: tuple[str, ...]
    styles: tuple[str, ...]


class Manifest:
    """Vite's manifest, read again only when the build has changed it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".vite" / "manifest.json"
        self._seen = -1
        self._chunks: dict[str, dict[str, Any]] = {}

    def chunks(self) -> dict[str, dict[str, Any]]:
        try:
            changed = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        if changed != self._seen:
            self._chunks = json.loads(self.path.read_text("utf-8"))
            self._seen = changed
        return self._chunks

    def entry(self, source: str) -> Entry | None:
        chunks = self.chunks()
        if source not in chunks:
            return None
        # The style sheet hangs on whichever shared chunk imports it, so the whole import tree is walked.
        reached: list[str] = []
        waiting = [source]
        while waiting:
            name = waiting.pop(0)
            if name not in reached:
                reached.append(name)
                waiting.extend(chunks[name].get("imports", ()))
        styles = dict.fromkeys(css for name in reached for css in chunks[name].get("css", ()))
        return Entry(
            script=chunks[source]["file"],
            preloads=tuple(chunks[name]["file"] for name in reached[1:]),
            styles=tuple(styles),
        )


def island_tags(manifest: Manifest, *names: str) -> Markup:
    """`<link>` and `<script type=module>` for the named islands, each file once."""
    entries = [entry for name in names if (entry := manifest.entry(f"src/islands/{name}.ts"))]
    styles = dict.fromkeys(css for entry in entries for css in entry.styles)
    scripts = dict.fromkeys(entry.script for entry in entries)
    preloads = dict.fromkeys(file for entry in entries for file in entry.preloads if file not in scripts)
    tags = [Markup('<link rel="stylesheet" href="/static/{}">').format(css) for css in styles]
    tags += [Markup('<link rel="modulepreload" href="/static/{}">').format(file) for file in preloads]
    tags += [Markup('<script type="module" src="/static/{}"></script>').format(file) for file in scripts]
    return Markup("\n").join(tags)


def style_tags(manifest: Manifest, *names: str) -> Markup:
    """`<link>` for the named style sheets."""
    entries = [entry for name in names if (entry := manifest.entry(f"src/styles/{name}.css"))]
    return Markup("\n").join(Markup('<link rel="stylesheet" href="/static/{}">').format(e.script) for e in entries)


def _best_encoding(folder: Path, filename: str) -> tuple[str | None, str]:
    for encoding, suffix in ENCODINGS:
        if request.accept_encodings[encoding] > 0 and (folder / (filename + suffix)).is_file():
            return encoding, filename + suffix
    return None, filename


def static_file(filename: str) -> Response:
    """A built file, precompressed when the browser can take it; hashed names never change."""
    folder = BUILT
    if filename.startswith(".") or "/." in filename:
        raise NotFound()
    encoding, chosen = _best_encoding(folder, filename)
    answer = send_from_directory(folder, chosen, conditional=True)
    if encoding:
        answer.headers["Content-Encoding"] = encoding
        answer.headers["Content-Type"] = _content_type(filename)
    answer.headers.add("Vary", "Accept-Encoding")
    if filename.startswith("assets/"):
        answer.headers["Cache-Control"] = f"public, max-age={ONE_YEAR_SECONDS}, immutable"
    else:
        answer.headers["Cache-Control"] = f"public, max-age={ONE_DAY_SECONDS}"
    return answer


def _content_type(filename: str) -> str:
    types = {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }
    return types.get(Path(filename).suffix, "application/octet-stream")


def init_assets(app: Flask) -> None:
    manifest = Manifest(BUILT)

    def islands(*names: str) -> Markup:
        return island_tags(manifest, *names)

    def styles(*names: str) -> Markup:
        return style_tags(manifest, *names)

    app.jinja_env.globals.update(islands=islands, styles=styles)
    if "static" not in app.view_functions:
        app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static_file)
    # Flask has made its own rule when create_app left static_folder alone: the files come from the build all the same.
    app.view_functions["static"] = static_file
