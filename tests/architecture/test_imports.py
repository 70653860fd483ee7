"""The import order holds, and the contract really fails when somebody breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINT_IMPORTS), "--no-cache"], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    without_builds = shutil.ignore_patterns("static_dist", "__pycache__", "templates")
    for package in ("app", "workers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=without_builds)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_imports_go_downwards_only() -> None:
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(
    ("file", "forbidden_import"),
    [
        ("app/core/clock.py", "from app.tasks import service"),
        ("app/tasks/service.py", "from app.points import service as points"),
        ("app/points/service.py", "from app.messaging import kinds"),
        ("app/customers/service.py", "from app import create_app"),
        ("app/tasks/service.py", "from flask import request"),
        ("app/points/rules.py", "import flask"),
        ("app/messaging/policy.py", "from twilio.rest import Client"),
    ],
)
def test_a_forbidden_import_breaks_the_contract(copy: Path, file: str, forbidden_import: str) -> None:
    path = copy / file
    path.write_text(f"{path.read_text()}\n{forbidden_import}\n")
    linted = lint(copy)
    assert linted.returncode != 0, f"{forbidden_import} in {file} went through"
    assert "BROKEN" in linted.stdout
