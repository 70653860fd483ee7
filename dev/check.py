"""`make check`: what can be said about the code without running the company. Every check runs, then it fails."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dev.setup import FRONTEND, ROOT, node_folder

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    is_a_test: bool = False


def checks() -> list[Check]:
    pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:xdist")
    typescript = str(FRONTEND / "node_modules" / "typescript" / "bin" / "tsc")
    return [
        Check("lint", (str(BIN / "ruff"), "check", "--quiet", ".")),
        Check("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
        Check("types", (str(BIN / "mypy"), "--no-error-summary")),
        Check("imports", (str(BIN / "lint-imports"),)),
        Check("front-end types", (str(node_folder() / "node"), typescript, "--noEmit"), FRONTEND),
        Check("migrations", (*pytest, "tests/architecture/test_migrations.py"), is_a_test=True),
        Check("translations", (*pytest, "tests/architecture/test_translations.py"), is_a_test=True),
    ]


def passes(check: Check) -> bool:
    began = time.monotonic()
    ran = subprocess.run(check.command, cwd=check.folder, capture_output=True, text=True)
    verdict = "ok" if ran.returncode == 0 else "FAILED"
    print(f"  {check.name:<16} {verdict:<7} {time.monotonic() - began:5.1f} s", flush=True)
    if ran.returncode:
        print((ran.stdout + ran.stderr).strip(), flush=True)
    return ran.returncode == 0


def main(arguments: list[str]) -> int:
    """`--without-tests` leaves out what pytest runs anyway; names choose single checks."""
    names = [name for name in arguments if not name.startswith("--")]
    chosen = [check for check in checks() if not names or check.name in names]
    if "--without-tests" in arguments:
        chosen = [check for check in chosen if not check.is_a_test]
    failed = [check.name for check in chosen if not passes(check)]
    if failed:
        print(f"\n  failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
