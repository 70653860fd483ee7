"""What the field app works out by itself, tried by Node's own runner: each line of its report is a sentence."""

import json
import subprocess
from pathlib import Path

import pytest

from app.messaging.timing import travel_time
from dev.setup import FRONTEND, node_folder

TESTS = sorted((FRONTEND / "tests").glob("*.test.ts"))
PLACES = [(22.2819, 114.1582), (22.2822, 114.1590), (22.3771, 114.1974), (22.5431, 114.0579), (23.1291, 113.2644)]


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    endings = (FRONTEND / "tests" / "endings.mjs").as_uri()
    command = [str(node_folder() / "node"), "--import", endings, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=FRONTEND, check=False, timeout=120)


@pytest.mark.parametrize("path", TESTS, ids=[path.name.removesuffix(".test.ts") for path in TESTS])
def test_the_rules_hold(path: Path) -> None:
    ran = node("--test", "--test-reporter=spec", path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_phone_reckons_the_way_as_the_server_does() -> None:
    pairs = [(one, other) for one in PLACES for other in PLACES] + [(PLACES[0], None), (None, PLACES[0])]
    as_places = [[place and {"lat": place[0], "lng": place[1]} for place in pair] for pair in pairs]
    script = (
        'import { travelMinutes } from "./src/field/geo.ts";'
        f"console.log(JSON.stringify({json.dumps(as_places)}.map(([from, to]) => travelMinutes(from, to))))"
    )
    ran = node("--input-type=module", "--eval", script)
    assert ran.returncode == 0, ran.stderr
    expected = [travel_time(*pair).total_seconds() / 60 for pair in pairs]
    assert json.loads(ran.stdout) == pytest.approx(expected, abs=1e-6)
