"""Packages of Node for extractors: one Node process for all documents.

A package is found as Node finds packages: from the current folder upwards, then in the folder that
the environment variable VINEWSIE_NODE_MODULES names.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vinewsie.extractors.catalogue import ExtractorError


@dataclass(frozen=True)
class NodeScript:
    """A script beside this module, and the package that it loads.

    Args:
        name: the extractor, and the name of the script without its suffix.
        package: the package in the npm registry.
        needed: the package and its versions, for messages.
    """

    name: str
    package: str
    needed: str

    def missing(self) -> str | None:
        """The requirement that is missing here, and how to install it; None if it can run."""
        if shutil.which("node") is None:
            return f"needs Node.js, and in it {self.package}: npm install {self.package}"
        if not self.versions():
            return (
                f"needs {self.needed}: npm install {self.package}, "
                "here or in the folder that VINEWSIE_NODE_MODULES names"
            )
        return None

    def versions(self) -> dict[str, str]:
        """The versions of Node and of the package; empty if they cannot run here."""
        if shutil.which("node") is None:
            return {}
        run = subprocess.run(
            [*self.command(), "--versions"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        found: dict[str, str] = json.loads(run.stdout) if run.returncode == 0 else {}
        return found

    def command(self) -> list[str]:
        """The command that runs it."""
        script = Path(__file__).with_name(f"{self.name}.cjs")
        return [shutil.which("node") or "node", str(script)]


class NodeProcess:
    """A running script, which answers questions; it ends when it is no longer referenced."""

    def __init__(self, script: NodeScript) -> None:
        self._name = script.name
        # In UTC, Node and Python agree on the day.
        self._process = subprocess.Popen(
            script.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "TZ": "UTC"},
        )
        weakref.finalize(self, _end, self._process)

    def ask(self, question: object) -> Any:
        """The script's answer to a question; both are JSON.

        Raises:
            ExtractorError: the process has ended; its messages are on stderr.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ExtractorError(
                f"{self._name}: Node has ended with exit code {self._process.wait()}"
            )
        return json.loads(answer)


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()  # closes stdin, which ends Node
