"""
The programs that some tests need and that do not come from Python packages.

    python -m tests.tools --install     find them, and install those that are missing

A test asks for one by calling `chromium()`, `turnserver()`, `redis_server()` or `clamd()`.  Where
it is missing the test is skipped, and counted at the end of the run; where CI is set, it fails.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

MISSING = "missing tool: "
INSTALL_MINUTES = 15

CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
PLAYWRIGHT_FOLDERS = [
    Path.home() / ".cache/ms-playwright",
    Path.home() / "Library/Caches/ms-playwright",
]
PLAYWRIGHT_CHROMIUM = [
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
]
PACKAGES = {
    "chromium": "chromium",
    "turnserver": "coturn",
    "redis-server": "redis-server",
    "clamd": "clamav-daemon",
}


def chromium() -> str:
    return find_chromium() or missing("no chromium")


def turnserver() -> str:
    return find("turnserver") or missing("no turnserver")


def redis_server() -> str:
    return find("redis-server") or missing("no redis-server")


def clamd() -> str:
    return find("clamd") or missing("no clamd")


def missing(reason: str) -> str:
    """Skip the test that asked, or fail it where nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING + reason)
    pytest.skip(MISSING + reason)


@cache
def find_chromium() -> str | None:
    named = [find(name) for name in CHROMIUM_NAMES]
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folders = [Path(folder)] if folder else PLAYWRIGHT_FOLDERS
    own = [str(p) for f in folders for pattern in PLAYWRIGHT_CHROMIUM for p in f.glob(pattern)]
    # Ubuntu's chromium-browser may be a note that tells to install the snap: it has to run.
    return next((path for path in [*named, MAC_CHROME, *own] if path and runs(path)), None)


def find(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/local/bin")


def runs(path: str) -> bool:
    if not Path(path).exists():
        return False
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def install() -> None:
    """Install what can be installed here. What stays missing is for the tests to skip."""
    packages = [PACKAGES[name] for name in PACKAGES if name != "chromium" and not find(name)]
    if not find_chromium() and is_debian():
        packages.append(PACKAGES["chromium"])
    if packages and os.geteuid() == 0 and find("apt-get"):
        install_packages(packages)
    find_chromium.cache_clear()
    if not find_chromium():
        say("Fetching Chromium for the tests ...")
        attempt([sys.executable, "-m", "playwright", "install", "chromium"])


def is_debian() -> bool:
    """Ubuntu is not: its chromium package holds no browser."""
    try:
        return platform.freedesktop_os_release()["ID"] == "debian" and os.geteuid() == 0
    except OSError:
        return False


def install_packages(packages: list[str]) -> None:
    say(f"Installing {', '.join(packages)} with apt-get, for the tests ...")
    quietly = {"DEBIAN_FRONTEND": "noninteractive"}
    attempt(["apt-get", "update", "-qq"], quietly)
    attempt(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], quietly)


def attempt(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run an installer; if it fails that is told, and the tests go on without."""
    try:
        subprocess.run(
            command,
            check=True,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=INSTALL_MINUTES * 60,
        )
    except subprocess.CalledProcessError:
        say(f"`{' '.join(command)}` failed; going on without. Try it by hand to see why.")
    except subprocess.TimeoutExpired:
        say(f"`{' '.join(command)}` took too long; going on without.")


def say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skips = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    reasons = Counter(skip.split(MISSING)[1] for skip in skips if MISSING in skip)
    if reasons:
        told = ", ".join(f"{reason} ({count})" for reason, count in sorted(reasons.items()))
        terminalreporter.write_line(
            f"{reasons.total()} skipped for a missing tool: {told}", yellow=True
        )


if __name__ == "__main__":
    if sys.argv[1:] != ["--install"]:
        sys.exit(__doc__)
    install()
