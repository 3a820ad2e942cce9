"""The extractor ``chrono``: the Vietnamese parser of chrono-node, in one Node process for all
documents.

chrono-node is found as Node finds packages: from the current folder upwards, then in the folder
that the environment variable VINEWSIE_NODE_MODULES names. Relative dates refer to noon of the
anchor date. A value has the granularity that chrono marks as certain. A range gives two dates if
chrono also finds its ends separately; otherwise one record with the value of the beginning.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import weakref
from datetime import date
from pathlib import Path

from vinewsie.extractors.catalogue import Extractor, ExtractorError
from vinewsie.extractors.lines import ToolSpan, on_lines, seen_from

_SCRIPT = Path(__file__).with_name("chrono.cjs")


def missing() -> str | None:
    """The requirement that is missing here, and how to install it; None if it can run."""
    if shutil.which("node") is None:
        return "needs Node.js, and in it chrono-node: npm install chrono-node"
    if not versions():
        return (
            "needs chrono-node 2.10 or later: npm install chrono-node, "
            "here or in the folder that VINEWSIE_NODE_MODULES names"
        )
    return None


def versions() -> dict[str, str]:
    """The versions of Node and chrono-node; empty if they cannot run here."""
    node = shutil.which("node")
    if node is None:
        return {}
    run = subprocess.run(
        [node, str(_SCRIPT), "--versions"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    found: dict[str, str] = json.loads(run.stdout) if run.returncode == 0 else {}
    return found


def make(_argument: str | None) -> Extractor:
    """The extractor; its Node process ends when it is no longer referenced."""
    parser = ChronoProcess()
    return on_lines(
        "chrono",
        "dates",
        lambda line: (
            line.text,
            seen_from(line.anchor, lambda anchor: parser.read(line.text, anchor)),
        ),
    )


class ChronoProcess:
    """A Node process that parses dates."""

    def __init__(self) -> None:
        command = [shutil.which("node") or "node", str(_SCRIPT)]
        # In UTC, Node and Python agree on the day.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "TZ": "UTC"},
        )
        weakref.finalize(self, _end, self._process)

    def read(self, text: str, anchor: date) -> list[ToolSpan]:
        """The dates of a text.

        Raises:
            ExtractorError: the process has ended; its messages are on stderr.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(
                json.dumps({"text": text, "anchor": anchor.isoformat()}),
                file=self._process.stdin,
                flush=True,
            )
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ExtractorError(f"chrono: Node has ended with exit code {self._process.wait()}")
        return [ToolSpan(**span) for span in json.loads(answer)]


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()  # closes stdin, which ends Node
