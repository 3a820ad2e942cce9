"""Checks the locked packages for known advisories: ``.venv/bin/python .ci/audit.py``.

Fails if there is an advisory that ``advisories.txt`` has no reason for. Where no database of
advisories can be reached, nothing is checked, and this does not fail.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
COMMAND = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
SECONDS = 300


def main() -> int:
    """Prints what is found, and returns the exit code."""
    lines = (HERE / "advisories.txt").read_text(encoding="utf-8").splitlines()
    accepted = {line.split()[0] for line in lines if line.strip() and line[0] != "#"}
    command = [sys.executable, "-m", "pip_audit", "-r", str(HERE / "requirements.txt"), *COMMAND]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        packages = json.loads(run.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        packages = []
    # A package that the database does not have is skipped, with a reason.
    checked = [package for package in packages if "vulns" in package]
    if not checked:
        print("no database of advisories can be reached; the locked packages were not checked")
        return 0
    found = [
        f"{package['name']} {package['version']}: {one['id']}; fixed in {one['fix_versions']}"
        for package in checked
        for one in package["vulns"]
        if accepted.isdisjoint({one["id"], *one["aliases"]})
    ]
    print(*found, f"{len(checked)} packages checked, {len(found)} advisories", sep="\n")
    if found:
        print("run .ci/lock --upgrade-package NAME, or give a reason in .ci/advisories.txt")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
