"""Errors in their sentences: which there are, what is marked, and how they are printed."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

import vinewsie as vn
from conftest import ROOT
from vinewsie.report import error_list
from vinewsie.report.cases import KINDS, view_of
from vinewsie.report.sources import SourceError

TEXT = "Ông An đến Hà Nội.\nBà Bình nói rằng trời sẽ mưa ở Huế ngày mai."
GOLD: dict[str, Any] = {
    "doc_id": "d",
    "text": TEXT,
    "entities": [
        {"start": 4, "end": 6, "type": "PER"},
        {"start": 11, "end": 17, "type": "LOC"},
        {"start": 22, "end": 26, "type": "PER"},
        {"start": 49, "end": 52, "type": "LOC"},
    ],
    "dates": [],
    "marks": [],
    "quotes": [
        {
            "id": "q1",
            "kind": "indirect",
            "content": [{"start": 36, "end": 62}],
            "cue": [{"start": 27, "end": 30}],
            "source": {"start": 19, "end": 26},
            "source_status": "named",
            "speakers": ["Bình"],
        }
    ],
}
PREDICTED: dict[str, Any] = {
    "doc_id": "d",
    "entities": [
        {"start": 0, "end": 6, "type": "PER"},
        {"start": 11, "end": 17, "type": "ORG"},
        {"start": 49, "end": 52, "type": "LOC"},
        {"start": 54, "end": 62, "type": "DATE"},
        {"text": "Sài Gòn", "type": "LOC"},
    ],
    "quotes": [{"id": "a", "kind": "indirect", "content": [{"start": 36, "end": 62}]}],
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    gold.write_text(json.dumps(GOLD), "utf-8")
    predicted.write_text(json.dumps(PREDICTED), "utf-8")
    return gold, predicted


@pytest.fixture
def errors(files: tuple[Path, Path]) -> error_list.ErrorCases:
    gold, predicted = files
    return vn.errors(vn.score(predicted, gold, resamples=0), gold)


def test_each_error_has_its_sentence_with_both_sides_marked(errors: error_list.ErrorCases) -> None:
    assert str(errors) == (
        "e1  entities: too long  d:1\n"
        "    {Ông [An]} đến Hà Nội.\n"
        "\n"
        "e2  entities: LOC predicted as ORG  d:1\n"
        "    Ông An đến [{Hà Nội}].\n"
        "\n"
        "e3  entities: missed PER  d:2\n"
        "    Bà [Bình] nói rằng trời sẽ mưa ở Huế ngày mai.\n"
        "\n"
        "e5  entities: spurious DATE  d:2\n"
        "    Bà Bình nói rằng trời sẽ mưa ở Huế {ngày mai}.\n"
        "\n"
        "e6  entities: spurious LOC  d\n"
        "    text: predicted Sài Gòn\n"
        "\n"
        "q1  quotes: without a speaker  d:2\n"
        "    Bà Bình nói rằng [{trời sẽ mưa ở Huế ngày mai}].\n"
        "    speakers: gold Bình, predicted –\n"
    )
    assert len(errors) == 6
    assert [error.address for error in errors[1:3]] == ["e2", "e3"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["Tổng thống An"], "Tổng thống An (by name: An)"),
        (["Vợ bà Bình", "Ông"], "Vợ bà Bình (unknown), Ông (unknown)"),
        ([""], "– (unknown)"),
    ],
)
def test_a_wrong_speaker_says_how_it_was_resolved(given: list[str], shown: str) -> None:
    entities = [{**entity, "entity_id": "An"} for entity in GOLD["entities"][:1]]
    gold = vn.Gold({"d": msgspec.convert({**GOLD, "entities": entities}, vn.Document)})
    guess = [{**GOLD["quotes"][0], "source": None, "speakers": given}]
    result = vn.score(
        [{"doc_id": "d", "quotes": guess}], gold, measures=["attribution.joint"], resamples=0
    )
    [error] = vn.errors(result, gold)
    assert f"    speakers: gold Bình, predicted {shown}\n" in str(error)


def test_the_command_prints_the_same(
    files: tuple[Path, Path], cli: Callable[..., Any], errors: error_list.ErrorCases, tmp_path: Path
) -> None:
    gold, predicted = files
    assert cli("errors", predicted, "--gold", gold).stdout == str(errors)
    record = tmp_path / "result.json"
    cli("score", predicted, "--gold", gold, "--format", "json", "-o", record)
    assert cli("errors", record, "--gold", gold).stdout == str(errors)
    refused = cli("errors", record)
    assert refused.exit_code == 2
    assert "--gold FILE" in refused.stderr


@pytest.mark.parametrize(
    ("options", "addresses"),
    [
        (["--layer", "quotes"], "q1"),
        (["--kind", "type"], "e2"),
        (["--kind", "type:LOC>ORG"], "e2"),
        (["--kind", "type:LOC>PER"], ""),
        (["--kind", "boundary:too_long"], "e1"),
        (["--kind", "spurious"], "e5 e6"),
        (["--kind", "spurious", "--label", "LOC"], "e6"),
        (["--zone", "headline"], ""),
        (["--docs", "d", "--kind", "missed"], "e3"),
    ],
)
def test_filters(
    files: tuple[Path, Path], cli: Callable[..., Any], options: list[str], addresses: str
) -> None:
    gold, predicted = files
    out = cli("errors", predicted, "--gold", gold, *options)
    assert out.exit_code == 0
    assert re.findall(r"^[edmq]\d+", out.stdout, re.MULTILINE) == addresses.split()
    assert out.stderr == ("" if addresses else "no errors of this kind\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of the three"),
        ([__file__, "-e", "rules"], "one of the three"),
        (["-e", "rules", "--kind", "nothing"], "there are missed, spurious"),
        (["-e", "rules", "--layer", "people"], "no layer 'people'"),
        (["-e", "rules", "--docs", "nowhere"], "no document nowhere"),
    ],
)
def test_wrong_usage(cli: Callable[..., Any], arguments: list[str], message: str) -> None:
    out = cli("errors", *arguments)
    assert out.exit_code == 2
    assert message in " ".join(out.stderr.split())


def test_predictions_that_a_result_does_not_hold_are_given(
    files: tuple[Path, Path], cli: Callable[..., Any], errors: error_list.ErrorCases, tmp_path: Path
) -> None:
    gold, predicted = files
    record = vn.score(predicted, gold, resamples=0).to_json()
    old = tmp_path / "old.json"
    old.write_text(json.dumps({**record, "records": None}), "utf-8")
    assert cli("errors", old, "--gold", gold).exit_code == 2
    out = cli("errors", old, "--gold", gold, "--predictions", predicted)
    assert out.stdout == str(errors)
    with pytest.raises(SourceError):
        vn.errors(vn.Result.load(old), gold)
    assert str(vn.errors(vn.Result.load(old), gold, predictions=predicted)) == str(errors)


def test_all_errors_of_the_articles_are_there(gold: vn.Gold) -> None:
    result = vn.score([], resamples=0)
    shown = vn.errors(result)
    view = view_of(result, gold, {})
    assert [e.address for e in shown if e.layer == "quotes"] == [
        case.address for case in view.errors if case.layer == "quotes"
    ]
    assert {e.address for e in shown} == {case.address for case in view.errors}


def test_errors_are_streamed_in_parts_with_the_addresses_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = {
        str(n): vn.Document(doc_id=str(n), text="abc", entities=(vn.Entity(start=0, end=1),))
        for n in range(7)
    }
    result = vn.score([], vn.Gold(documents), measures=["entities.exact"], resamples=0)
    whole = list(map(str, vn.errors(result, vn.Gold(documents))))
    monkeypatch.setattr(error_list, "_CHUNK", 2)
    assert list(map(str, vn.errors(result, vn.Gold(documents)))) == whole
    assert [line.split()[0] for line in whole] == [f"e{n}" for n in range(1, 8)]
    read: list[str] = []

    def counted(*arguments: Any, **options: Any) -> Any:
        read.append("")
        return view_of(*arguments, **options)

    monkeypatch.setattr(error_list, "view_of", counted)
    stream = error_list.stream(result, vn.Gold(documents), {}, error_list.ErrorFilter())
    next(stream)
    assert len(read) == 1


def test_every_kind_is_described() -> None:
    described = (ROOT / "scripts" / "README.md").read_text(encoding="utf-8")
    section = described.partition("## Errors in their sentences\n")[2].partition("\n## ")[0]
    assert [kind for kind in KINDS if not re.search(rf"`{kind}[`:]", section)] == []


QUOTES_ONLY = ("speaker", "source", "cue", "parent", "quote_kind")
"""Kinds of error that quotations alone have."""


def test_every_kind_has_words() -> None:
    for kind in KINDS:
        details = {"boundary": ["too_long", "too_short", "left", "right", "inside"]}
        details["speaker"] = ["withheld", "relayer", "invented", "another"]
        details["type"] = ["PER>LOC"]
        for detail in details.get(kind, [""]):
            whole = f"{kind}:{detail}" if detail else kind
            words = error_list.in_words(whole)
            assert ":" not in words
            assert "_" not in words
            # A row of the first screen fits on 80 columns.
            layer = "quotes" if kind in QUOTES_ONLY or detail == "inside" else "entities"
            count = error_list.ErrorKindCount(layer, whole, Counter({"indirect": 99, "direct": 9}))
            assert len("errors") + 2 + len(count.words) + 2 + len(count.options) <= 80


def test_long_stretches_are_cut_between_words() -> None:
    text = f"{'từ ' * 200}An {'chữ ' * 200}"
    start = text.index("An")
    document = vn.Document(
        doc_id="d", text=text, entities=(vn.Entity(start=start, end=start + 2, type="PER"),)
    )
    gold = vn.Gold({"d": document})
    result = vn.score([], gold, measures=["entities.strict"], resamples=0)
    line = str(vn.errors(result, gold)).splitlines()[1].strip()
    assert re.fullmatch(r"… (từ )+\[An\] (chữ )+…", line)
    assert len(line) < 350


def test_control_characters_of_a_text_do_not_reach_the_terminal(
    files: tuple[Path, Path], cli: Callable[..., Any]
) -> None:
    gold, predicted = files
    gold.write_text(json.dumps({**GOLD, "text": TEXT.replace("đến", "\x1b[2")}), "utf-8")
    shown = cli("errors", predicted, "--gold", gold).stdout
    assert "\x1b" not in shown
    assert r"\x1b[2" in shown


def test_a_notebook_shows_the_first_errors(errors: error_list.ErrorCases) -> None:
    html = errors._repr_html_()
    assert "6 errors" in html
    assert '<mark class="vn-predicted">' in html
    assert html.count("<strong>") == 6
    assert "<strong>" in errors[0]._repr_html_()
    assert repr(errors) == "<ErrorCases: 6>"
    assert "the first 20:" in vn.errors(vn.score([], resamples=0))._repr_html_()


def test_a_terminal_has_colours_and_brackets(errors: error_list.ErrorCases) -> None:
    def printed(**options: Any) -> str:
        console = Console(file=io.StringIO(), force_terminal=True, width=40, **options)
        with console.capture() as capture:
            console.print(errors[0])
        return capture.get()

    plain = printed(no_color=True, color_system=None)
    assert plain == "e1  entities: too long  d:1\n    {Ông [An]} đến Hà Nội.\n\n"
    coloured = printed(color_system="standard")
    assert "\x1b[1;32m[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


PAGED = """
import os, pty, sys
read = pty.spawn([sys.executable, "-m", "vinewsie", *sys.argv[1:]])
sys.exit(os.waitstatus_to_exitcode(read))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs pseudo-terminals")
@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_gets_the_pager_of_the_system(
    files: tuple[Path, Path], tmp_path: Path, no_color: bool
) -> None:
    gold, predicted = files
    pager = tmp_path / "less"
    pager.write_text('#!/bin/sh\necho "THE PAGER $LESS"; cat\n')
    pager.chmod(0o755)
    environment = {k: v for k, v in os.environ.items() if k not in ("LESS", "NO_COLOR")}
    run = subprocess.run(
        [sys.executable, "-c", PAGED, "errors", predicted, "--gold", gold],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env={
            **environment,
            **({"NO_COLOR": "1"} if no_color else {}),
            "PAGER": str(pager),
            "TERM": "xterm-256color",
            "COLUMNS": "80",
        },
    )
    progress, options, paged = run.stdout.partition("THE PAGER -FRX\n")
    assert options, progress
    assert "{Ông [An]} đến Hà Nội." in re.sub(r"\x1b\[[0-9;]*m", "", paged)
    assert bool(re.search(r"\x1b\[[0-9;]*3\d", paged)) is not no_color


def test_a_reader_that_leaves_is_no_error(files: tuple[Path, Path], tmp_path: Path) -> None:
    """As head, which takes the first lines; more follows than a pipe holds."""
    gold, predicted = files
    names = [{"start": 4, "end": 6, "type": "PER"}] * 3000
    predicted.write_text(json.dumps({"doc_id": "d", "entities": names}), "utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "vinewsie", "errors", predicted, "--gold", gold],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline().startswith("e")
        run.stdout.close()
        assert [line for line in run.stderr if "ipe" in line or "Error" in line] == []


def test_a_place_that_does_not_fit_has_a_line_to_itself(errors: error_list.ErrorCases) -> None:
    console = Console(file=io.StringIO(), width=24)
    with console.capture() as capture:
        console.print(errors[0])
    assert capture.get() == "e1  entities: too long\n    d:1\n    {Ông [An]} đến Hà\n    Nội.\n\n"


def test_a_result_without_counts_by_segment_is_refused(
    files: tuple[Path, Path], cli: Callable[..., Any], tmp_path: Path
) -> None:
    gold, predicted = files
    record = vn.score(predicted, gold, resamples=0).to_json()
    for score in record["measures"].values():
        score["by_unit"] = None
    path = tmp_path / "r.json"
    path.write_text(json.dumps(record), "utf-8")
    out = cli("errors", path, "--gold", gold)
    assert out.exit_code == 2
    assert "score again" in out.stderr


def test_documents_are_chosen_by_pattern(cli: Callable[..., Any], tmp_path: Path) -> None:
    """As those of a score; an id that looks like a pattern stays an id."""
    documents = {
        name: vn.Document(doc_id=name, text="abc", entities=(vn.Entity(start=0, end=1),))
        for name in ("a-1", "a-2", "b[1]")
    }
    gold = vn.Gold(documents)
    result = vn.score([], gold, measures=["entities.exact"], resamples=0)
    assert [e.doc_id for e in vn.errors(result, gold)] == list(documents)
    assert [e.doc_id for e in vn.errors(result, gold, docs=["a-*"])] == ["a-1", "a-2"]
    out = cli("errors", "-e", "rules", "--docs", "epoch*", "--kind", "speaker")
    assert out.exit_code == 0
    assert "baoquocte" not in out.stdout
