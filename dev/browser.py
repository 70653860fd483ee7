"""Find a Chromium for the browser tests, or get one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_A_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
LAUNCH_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
# Chromium loads two pages of its own for the address bar of each window, which nobody sees: half of what starting the
# browser costs, and three quarters of another context. The last list of two counts, so Playwright's is repeated.
NOT_WANTED_IN_TESTS = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin", "OptimizationHints",
    "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch", "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)  # fmt: skip
TEST_ARGUMENTS = [*LAUNCH_ARGUMENTS, f"--disable-features={','.join(NOT_WANTED_IN_TESTS)}"]
APT_PACKAGES = ("chromium", "fonts-noto-cjk")


def find_browser() -> str | None:
    """The path of a Chromium that starts; CHROMIUM in the environment wins."""
    return next((path for path in candidates() if works(path)), None)


def candidates() -> Iterator[str]:
    if chosen := os.environ.get("CHROMIUM"):
        yield chosen
        return
    for name in NAMES:
        if found := shutil.which(name):
            yield found
    yield from (path for path in ON_A_MAC if Path(path).exists())
    yield from playwrights_own()


def playwrights_own() -> Iterator[str]:
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    if sys.platform == "darwin" and "PLAYWRIGHT_BROWSERS_PATH" not in os.environ:
        cache = Path.home() / "Library" / "Caches" / "ms-playwright"
    for pattern in ("chromium-*/chrome-*/chrome", "chromium-*/chrome-*/*.app/Contents/MacOS/*"):
        yield from (str(path) for path in sorted(cache.glob(pattern), reverse=True))


def works(path: str) -> bool:
    """Ubuntu ships a chromium that only says "install the snap": asking for the version tells."""
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def get_browser() -> None:
    """On Debian as root the distribution's own, else Playwright's download."""
    is_root = os.geteuid() == 0
    if is_root and Path("/etc/debian_version").exists() and "ubuntu" not in Path("/etc/os-release").read_text().lower():
        print(f"  no browser found: apt-get install {' '.join(APT_PACKAGES)} ...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *APT_PACKAGES]
        if subprocess.run(install, **quiet).returncode == 0 and find_browser():
            return
    print("  no browser found: downloading Playwright's ...", flush=True)
    command = [sys.executable, "-m", "playwright", "install", *(["--with-deps"] if is_root else []), "chromium"]
    subprocess.run(command, timeout=600)


def main() -> int:
    if find_browser() is None:
        get_browser()
    if find_browser() is None:
        print(
            "\n  The browser tests need Chromium and none could be installed.\n"
            f"  On Debian: sudo apt-get install {' '.join(APT_PACKAGES)}\n"
            "  Elsewhere: .venv/bin/python -m playwright install --with-deps chromium\n"
            "  or point CHROMIUM at the one you have.\n",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
