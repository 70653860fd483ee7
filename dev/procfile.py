"""The processes of an installation, read from the Procfile that development, tests and production share."""

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read_procfile(path: Path = ROOT / "Procfile") -> dict[str, list[str]]:
    """Name -> command, with the programs of this environment whatever PATH says."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.split(":", 1) for line in lines if line and not line.startswith("#")]
    return {name.strip(): own_program(shlex.split(command)) for name, command in pairs}


def own_program(command: list[str]) -> list[str]:
    if command[0] == "python":
        return [sys.executable, *command[1:]]
    beside = Path(sys.executable).parent / command[0]
    return [str(beside), *command[1:]] if os.access(beside, os.X_OK) else command
