"""The README's walk-through, copied and pasted as a reader would, against the demo company."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.procfile import ROOT
from tests.company import Company


def walk_through(name: str) -> str:
    """The one bash block of the file that signs in."""
    blocks = re.findall(r"^```bash\n(.*?)^```", (ROOT / name).read_text(), re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if "sign_in" in block]
    return found


def without_comments(script: str) -> str:
    return re.sub(r"^# .*$", "#", script, flags=re.MULTILINE)


@pytest.fixture
def few_tools(tmp_path: Path) -> Path:
    """A machine with nothing but curl, Python and what every Linux has."""
    found = {name: shutil.which(name) for name in ("bash", "curl", "grep", "mktemp", "rm", "sleep")}
    for name, path in {**found, "python3": sys.executable}.items():
        # No links: Python would look for its library beside the link.
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\nexec "{path}" "$@"\n')
        tool.chmod(0o755)
    return tmp_path


def test_the_walk_through_leads_from_the_sign_in_to_the_points(running_company: Company, few_tools: Path) -> None:
    run = subprocess.run(
        ["bash"],
        input=walk_through("README.md"),
        env={"PATH": str(few_tools), "LANG": "C.UTF-8", "URL": running_company.url},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}\n{running_company.logs()}"
    assert "請回1" in run.stdout
    assert "confirmed at 2027-03-10T" in run.stdout
    assert "請回1至5" in run.stdout
    assert re.search(r"^\+20  \S", run.stdout, re.MULTILINE)
    assert re.search(r"^\+10  \S", run.stdout, re.MULTILINE)
    assert re.search(r"^place \d+ with \d+ points$", run.stdout, re.MULTILINE)


def test_both_languages_walk_the_same_way() -> None:
    assert without_comments(walk_through("README.zh.md")) == without_comments(walk_through("README.md"))


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_picture_and_file_that_is_linked_is_there(name: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text())
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_setting_is_explained(name: str) -> None:
    settings = re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "app" / "settings.py").read_text())
    text = (ROOT / name).read_text()
    assert len(settings) > 15
    assert [setting for setting in settings if f"`{setting}`" not in text] == []
