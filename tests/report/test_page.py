"""The page of a result in a real browser: numbers, addresses, filters, keys, and hostile input."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.extractors import running
from vinewsie.labelstudio.browser import BROWSER, NAMES
from vinewsie.reading.gold import Gold
from vinewsie.report.cases import View, view_of
from vinewsie.report.messages import message, table
from vinewsie.report.page import page
from vinewsie.report.payload import payload
from vinewsie.report.sentences import sentences
from vinewsie.scoring.measures import all_measures
from vinewsie.scoring.result import Result

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def viewed(result: Result, gold: Gold | None = None) -> View:
    documents = vn.load() if gold is None else gold
    return view_of(result, documents, {p.doc_id: p for p in result.records or ()})


@pytest.fixture(scope="module")
def rules() -> View:
    gold = vn.load()
    return viewed(vn.score(running.run("rules", list(gold.values()))))


def worse(view: View) -> View:
    """The view of predictions that lack every third entity and have no quotations."""
    kept = [
        {
            "doc_id": pair.gold.doc_id,
            "entities": [
                {"start": e.start, "end": e.end, "type": e.type}
                for number, e in enumerate(pair.prediction.entities)
                if number % 3
            ],
            "dates": [msgspec.to_builtins(date) for date in pair.prediction.dates],
            "quotes": [],
        }
        for pair in view.documents
    ]
    return viewed(vn.score(kept))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    names = (os.environ.get(BROWSER, ""), *NAMES)
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("needs a browser")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(
            headless=True, executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


class Opened:
    """A page in the browser, with all that it says on its console and asks of the network."""

    def __init__(self, tab: Any, url: str) -> None:
        self.tab, self.url = tab, url
        self.problems: list[str] = []
        tab.on("console", lambda line: self.problems.append(line.text))
        tab.on("pageerror", lambda error: self.problems.append(str(error)))
        tab.on("dialog", lambda dialog: self.problems.append(f"dialog {dialog.message}"))
        tab.on("request", self._request)

    def _request(self, request: Any) -> None:
        if request.url.split("#")[0] != self.url:
            self.problems.append(f"request {request.url}")

    def go(self, address: str = "") -> Any:
        self.tab.goto(f"{self.url}#{address}")
        return self.tab

    def text(self, selector: str) -> str:
        return str(self.tab.locator(selector).inner_text())

    def shows(self, count: int) -> None:
        """Waits until this number of records is listed."""
        self.tab.wait_for_function(
            "n => document.getElementById('list-count').textContent.startsWith(n + ' ')",
            arg=str(count),
        )

    def count(self) -> int:
        """The number above the list."""
        found = re.match(r"\d+", self.text("#list-count"))
        assert found is not None
        return int(found[0])


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    opened: list[tuple[Any, Opened]] = []

    def make(html: str, size: dict[str, int] = WIDE, **more: Any) -> Opened:
        path = tmp_path / f"page{len(opened)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport=size, locale="en-GB", **more)
        found = Opened(context.new_page(), path.as_uri())
        opened.append((context, found))
        return found

    yield make
    for context, found in opened:
        assert found.problems == []
        context.close()


@pytest.fixture(scope="module")
def html(rules: View) -> str:
    return page([rules])


def test_the_page_is_small_and_stands_alone(html: str) -> None:
    assert len(html.encode()) < 1_000_000
    assert re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", html) == []
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


def test_without_matplotlib_the_page_has_no_charts_and_a_warning_names_the_extra(
    rules: View, html: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert 'class="chart"' in html
    monkeypatch.setattr("vinewsie.report.chart.available", lambda: False)
    plain = page([rules])
    assert 'class="chart"' not in plain
    assert len(re.findall("<table", plain)) == len(re.findall("<table", html))
    assert 'pip install ".[charts]"' in caplog.text


def every_measure() -> View:
    """The view of all measures that count records: not syllables, and not persons of a document."""
    chosen = [str(m) for m in all_measures() if m.layer != "people" and m.name != "token"]
    gold = vn.load()
    made = running.run("rules", list(gold.values()))
    return viewed(vn.score(made, measures=chosen, resamples=0))


@pytest.mark.parametrize("made", [None, every_measure], ids=["headline", "every"])
def test_every_number_opens_as_many_records(
    html: str, show: Any, made: Callable[[], View] | None
) -> None:
    opened = show(html if made is None else page([made()]))
    opened.go()
    links = opened.tab.eval_on_selector_all(
        "#view-overview a[href^='#list?']",
        "all => all.map(a => [a.getAttribute('href'), a.innerText])",
    )
    numbers = [(href, int(text)) for href, text in links if text.isdigit()]
    assert len(numbers) > 150
    for href, number in numbers:
        opened.tab.evaluate("href => { location.hash = href.slice(1); }", href)
        opened.shows(number)


def test_the_script_selects_what_the_view_selects(rules: View, html: str, show: Any) -> None:
    opened = show(html)
    opened.go()
    queries: list[dict[str, str]] = [
        {"layer": "quotes", "kind": "speaker"},
        {"layer": "entities", "kind": "boundary:too_short"},
        {"measure": "entities.strict", "gold": "missed", "label": "ORG"},
        {"measure": "entities.strict", "predicted": "any", "zone": "body"},
        {"diagnostic": "speaker:withheld"},
        {"phenomenon": "indirect", "kind": "missed"},
    ]
    for query in queries:
        found = opened.tab.evaluate("f => Data.select(f).map(one => one.address)", query)
        assert found == [case.address for case in rules.select(**query)]
        assert found


def test_an_address_shows_both_records(rules: View, html: str, show: Any) -> None:
    case = next(c for c in rules.errors if "speaker:another" in c.kinds)
    opened = show(html)
    opened.go(case.address)
    detail = opened.text("#detail")
    assert f"#{case.address}" in detail
    for field in rules.fields(case):
        name = re.escape(message(f"field.{field.name}"))
        row = opened.tab.locator(
            f"#detail .fields tr:has(th:text-matches('^{name}( ≠.*)?$'))"
        ).first
        shown = row.inner_text()
        assert field.gold is None or field.gold in shown
        assert field.predicted is None or field.predicted.split(" (")[0] in shown
        assert ("differs" in (row.get_attribute("class") or "")) == field.differs


def test_filters_and_search(rules: View, html: str, show: Any) -> None:
    opened = show(html)
    tab = opened.go("list")
    opened.shows(len(rules.errors))
    tab.select_option("#filters select[name=layer]", "quotes")
    opened.shows(sum(c.layer == "quotes" for c in rules.errors))
    tab.select_option("#filters select[name=kind]", "missed")
    opened.shows(len(rules.select(layer="quotes", kind="missed")))
    assert "layer=quotes" in tab.url
    tab.click("#filters a.button")
    tab.wait_for_function(
        "n => document.getElementById('list-count').textContent.startsWith(n)",
        arg=str(len(rules.errors)),
    )
    tab.fill("#search", "PHƯƠNG TÂY")
    tab.wait_for_function("() => location.hash.includes('search')")
    assert 0 < opened.count() < len(rules.errors)
    assert tab.evaluate("document.activeElement.id") == "search"
    found = opened.count()
    tab.fill("#search", "phuong tay")
    tab.wait_for_function("() => location.hash.includes('phuong')")
    opened.shows(found)
    tab.check("#filters input[name=all]")
    assert opened.count() >= found


def test_keys(rules: View, html: str, show: Any) -> None:
    opened = show(html)
    tab = opened.go()
    first, second = rules.errors[:2]
    # The address changes before the page does; the next key is for the page that is shown.
    for key, shown in (("j", first), ("n", second), ("k", first)):
        tab.keyboard.press(key)
        tab.locator("#detail h2", has_text=f"#{shown.address}").wait_for()
    tab.locator("#detail .fields").wait_for()
    tab.keyboard.press("a")
    tab.locator("#article-detail h2", has_text=f"#{first.address}").wait_for()
    tab.locator("#article .chosen").first.wait_for()
    assert tab.evaluate("location.hash") == f"#article={first.address}"
    tab.keyboard.press("a")
    tab.locator("#article .chosen").first.wait_for(state="hidden")
    assert tab.evaluate("location.hash") == f"#{first.address}"
    tab.keyboard.press("?")
    tab.locator("#help").wait_for()
    tab.keyboard.press("Escape")
    tab.locator("#help").wait_for(state="hidden")
    tab.keyboard.press("/")
    tab.wait_for_function("() => document.activeElement.id === 'search'")
    tab.keyboard.type("j")
    assert tab.input_value("#search") == "j"
    tab.keyboard.press("Escape")
    tab.keyboard.press("3")
    tab.wait_for_selector("#view-articles", state="visible")
    tab.keyboard.press("1")
    tab.wait_for_selector("#view-overview", state="visible")


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_any_error_is_at_most_three_steps_away(
    rules: View, html: str, show: Any, size: dict[str, int]
) -> None:
    """Errors in the list, a click on one: two steps, and both records are there."""
    for case in rules.errors[3::20]:
        opened = show(html, size)
        tab = opened.go()
        tab.click("nav a[data-view=list]")
        tab.click(f"#items a[href='#{case.address}']")
        tab.wait_for_selector("#detail .fields")
        assert f"#{case.address}" in opened.text("#detail h2")


def test_the_article_shows_gold_above_and_prediction_below(
    rules: View, html: str, show: Any
) -> None:
    document = rules.documents[1].gold
    opened = show(html)
    tab = opened.go(f"articles={document.doc_id}")
    tab.wait_for_selector("#article .tag.gold.entities")
    boxes = tab.evaluate(
        """() => {
          const tag = document.querySelector('#article .tag.gold.entities');
          const piece = tag.parentElement;
          const below = piece.querySelector('.tag.predicted');
          const range = document.createRange();
          range.selectNodeContents(piece.lastChild);
          const word = range.getBoundingClientRect();
          return [tag.getBoundingClientRect().bottom, word.top, word.bottom,
                  below ? below.getBoundingClientRect().top : null];
        }"""
    )
    assert boxes[0] <= boxes[1] + 3
    assert boxes[3] is None or boxes[3] >= boxes[2] - 3
    # Every letter of the page is there, in its order.
    tab.evaluate("document.querySelectorAll('#article .zone').forEach(b => b.scrollIntoView())")
    lines = [document.text[s.start : s.end] for s in document.segments if s.item == 0]
    for line in lines[:3]:
        assert line in tab.evaluate(
            """() => [...document.querySelectorAll('#article .spans')].map(p => {
                 const copy = p.cloneNode(true);
                 copy.querySelectorAll('.tag').forEach(tag => tag.remove());
                 return copy.textContent;
               }).join('\\n')"""
        )
    tab.uncheck("#article-tools input[value=entities]")
    tab.wait_for_function("() => !document.querySelector('#article .tag.entities')")


def test_keys_go_on_in_the_next_article(rules: View, html: str, show: Any) -> None:
    shown = [c for c in rules.errors if c.layer in ("entities", "dates", "quotes")]
    last = max((c for c in shown if c.doc == 0), key=lambda c: c.context[0])
    opened = show(html)
    tab = opened.go(f"article={last.address}")
    for _ in range(4):
        before = tab.locator("#article-detail h2").inner_text()
        tab.keyboard.press("j")
        tab.locator("#article-detail h2:visible", has_not_text=before).wait_for()
    tab.locator("#article h2", has_text=rules.documents[1].gold.doc_id).wait_for()


def test_a_quotation_links_to_the_one_that_encloses_it(rules: View, html: str, show: Any) -> None:
    inner = next(
        c
        for c in rules.cases
        if c.layer == "quotes" and c.gold is not None and "nested" in c.phenomena
    )
    record = rules.gold_record(inner)
    quotes = rules.documents[inner.doc].gold.quotes
    parent = next(i for i, quote in enumerate(quotes) if quote.id == getattr(record, "parent", 0))
    outer = next(
        c for c in rules.cases if (c.layer, c.doc, c.gold) == ("quotes", inner.doc, parent)
    )
    opened = show(html)
    tab = opened.go(inner.address)
    tab.click(f"#detail .fields a[href='#{outer.address}'] >> nth=0")
    assert f"#{outer.address}" in opened.text("#detail h2")


def test_two_results_are_compared(rules: View, show: Any) -> None:
    other = worse(rules)
    opened = show(page([rules, other]))
    tab = opened.go("compare")
    row = tab.locator("#view-compare tbody tr").first.inner_text()
    a, b = (view.result["entities.strict"].f1 for view in (rules, other))
    assert a is not None
    assert b is not None
    assert f"{a:.3f}" in row
    assert f"{b:.3f}" in row
    assert f"{a - b:+.3f}" in row
    link = tab.locator("#view-compare a[href*='entities%3Aonly_a']")
    number = int(link.inner_text())
    right = [
        {(c.doc, c.gold) for c in view.select(measure="entities.strict", gold="matched")}
        for view in (rules, other)
    ]
    assert number == len(right[0] - right[1]) > 0
    link.click()
    opened.shows(number)
    tab.wait_for_selector("#detail .fields")
    assert "Predicted B" in opened.text("#detail .fields")
    tab.select_option("#filters select[name=run]", "b")
    tab.wait_for_function("() => location.hash.includes('run=b')")
    address = next(c.address for c in other.errors)
    opened.go(f"b-{address}")
    assert f"#b-{address}" in opened.text("#detail h2")


def test_languages(rules: View, html: str, show: Any) -> None:
    opened = show(html)
    tab = opened.go()
    assert "95 % interval" in opened.text("#view-overview")
    tab.click("#language")
    assert "Khoảng 95 %" in opened.text("#view-overview")
    assert tab.evaluate("document.documentElement.lang") == "vi"
    tab.keyboard.press("2")
    tab.wait_for_function("() => document.getElementById('list-count').textContent.includes('lỗi')")
    fixed = show(page([rules], language="vi"))
    fixed.go()
    assert "Tổng quan" in fixed.text("nav")


def test_the_browsers_language_is_taken(html: str, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text(html, encoding="utf-8")
    context = browser.new_context(locale="vi-VN")
    tab = context.new_page()
    tab.goto((tmp_path / "p.html").as_uri())
    assert tab.evaluate("document.documentElement.lang") == "vi"
    context.close()


def test_every_message_is_in_both_languages() -> None:
    for key, row in table().items():
        names = [set(re.findall(r"\{(\w+)\}", text)) for text in row]
        assert names[0] == names[1], key
        assert all(row), key
    assert message("of", "en", count=1, of=2) == "1 of 2"


HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" x="',
    "javascript:alert(5)",
    "{{ 7*7 }}{% raw %}",
    "a\u202egpj.exe\u202c b\u2066c",
    "<!--",
    "]]>&lt;b&gt;",
)


def hostile_view(tmp_path: Path) -> View:
    """Gold and predictions with hostile words in every field that takes any."""
    text = "\n".join(f"{words} nói: “{words}” ở Huế." for words in HOSTILE)
    entities, quotes, given, said = [], [], [], []
    for number, words in enumerate(HOSTILE):
        start = text.index(f"{words} nói")
        inner = text.index(f"“{words}”", start) + 1
        span = {"start": start, "end": start + len(words)}
        entities.append({**span, "id": f"e{number}", "type": words, "entity_id": words})
        given.append({**span, "type": HOSTILE[number - 1], "entity_id": HOSTILE[number - 1]})
        content = [{"start": inner, "end": inner + len(words)}]
        about = {"content": content, "kind": words, "source": span, "source_status": words}
        quotes.append({"id": f"q{number}", **about, "speakers": [words], "addressees": [words]})
        said.append({"id": words, **about, "kind": HOSTILE[number - 1], "speakers": ["x" + words]})
    given += [{"text": f"không có {words}", "type": words} for words in HOSTILE]
    doc_id = HOSTILE[0] + HOSTILE[6]
    gold = tmp_path / "gold.jsonl"
    document = {"doc_id": doc_id, "text": text, "entities": entities, "quotes": quotes}
    gold.write_text(json.dumps(document) + "\n", encoding="utf-8")
    loaded = vn.load(gold)
    predicted = [{"doc_id": doc_id, "entities": given, "quotes": said}]
    return viewed(vn.score(predicted, gold=loaded, resamples=0), loaded)


def test_hostile_words_are_shown_as_text(tmp_path: Path, show: Any) -> None:
    view = hostile_view(tmp_path)
    html = page([view, view])
    # Nothing of the data can end the element that holds it.
    blocks = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert len(blocks) == 2
    assert not any("<" in block for block in blocks)
    assert json.loads(blocks[1])["text"] == view.documents[0].gold.text
    assert html.count("<script") == 3
    opened = show(html)
    tab = opened.go()
    addresses = [case.address for case in view.cases]
    for address in ("", "list", "compare", "articles", *addresses, f"article={addresses[0]}"):
        tab.evaluate("hash => { location.hash = hash; }", address)
        tab.wait_for_timeout(10)
    seen = opened.tab.evaluate("document.body.innerText")
    assert "⟨U+202E⟩" in seen
    assert "\u202e" not in seen
    assert "<img src=x onerror=alert(3)>" in opened.tab.evaluate(
        "() => { location.hash = 'list'; return document.body.textContent; }"
    )
    counts = tab.evaluate(
        """() => [document.scripts.length, document.images.length,
                  [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())
                    .filter(n => n.startsWith('on')).length,
                  [...document.links].filter(a => a.protocol === 'javascript:').length]"""
    )
    assert counts == [3, 0, 0, 0]


@pytest.fixture(scope="module")
def axe(node_package: Callable[[str], Path]) -> str:
    """The source of axe-core."""
    path = node_package("axe") / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("needs axe-core, in the folder that VINEWSIE_NODE_MODULES names")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_axe_finds_no_violation(
    rules: View, browser: Any, axe: str, tmp_path: Path, scheme: str, size: dict[str, int]
) -> None:
    (tmp_path / "p.html").write_text(page([rules, worse(rules)]), encoding="utf-8")
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    quote = next(c.address for c in rules.errors if c.layer == "quotes")
    for address in ("overview", "list", quote, "articles", f"article={quote}", "compare"):
        tab.goto(f"{(tmp_path / 'p.html').as_uri()}#{address}")
        tab.wait_for_timeout(100)
        tab.evaluate(axe)
        found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        broken = [
            (address, one["id"], [node["target"] for node in one["nodes"]][:3])
            for one in found["violations"]
        ]
        assert broken == []
    tab.keyboard.press("?")
    found = tab.evaluate("axe.run('#help')")
    assert [one["id"] for one in found["violations"]] == []
    context.close()


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nothing_overflows(rules: View, show: Any, size: dict[str, int]) -> None:
    opened = show(page([rules, worse(rules)]), size)
    quote = next(c.address for c in rules.errors if c.layer == "quotes")
    tab = opened.go()
    for address in ("overview", "list", quote, "articles", f"article={quote}", "compare"):
        tab.evaluate("hash => { location.hash = hash; }", address)
        tab.wait_for_timeout(50)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_perfect_and_empty_predictions(show: Any) -> None:
    perfect = show(page([viewed(vn.score(list(vn.load().values()), resamples=0))]))
    perfect.go("list")
    perfect.shows(0)
    assert "No errors at all." in perfect.text("#detail")
    empty = show(page([viewed(vn.score([], resamples=0))]))
    empty.go()
    assert "Predicts nothing" in empty.text(".summary")


def test_sentences_are_made_from_counts(rules: View) -> None:
    first, *others = sentences(rules)
    score = rules.result["entities.strict"].counts
    assert first.values == {"matched": score.matched, "gold": score.gold}
    assert len(others) == 2
    for one in (first, *others):
        assert len(rules.select(**one.filters)) == one.size
        assert not re.search(r"\{\w+\}", message(one.key, "vi", **one.values))


def test_the_page_has_every_span(rules: View, html: str, show: Any) -> None:
    """Each record has the spans of the view, also one at the start of its text."""
    opened = show(html)
    opened.go()
    found = opened.tab.evaluate(
        """() => Data.runs[0].cases.map(one => [one.address,
             Data.spansOf(Data.goldOf(one)), Data.spansOf(Data.predictedOf(one))])"""
    )
    for address, *sides in found:
        case = rules[address]
        records = (rules.gold_record(case), rules.predicted_record(case))
        for spans, record in zip(sides, records, strict=True):
            parts = getattr(record, "content", [record] if hasattr(record, "start") else [])
            assert spans == [[part.start, part.end] for part in parts]
    assert any(span[0] == 0 for _, *sides in found for spans in sides for span in spans)


def test_a_sample_says_what_it_is(rules: View, monkeypatch: pytest.MonkeyPatch, show: Any) -> None:
    monkeypatch.setattr("vinewsie.report.payload.ERRORS_SHOWN", 60)
    opened = show(page([rules]))
    opened.go()
    assert "1 of 2 documents" in opened.text(".intro .warning")
    assert len(payload([rules])["documents"]) == 1


def test_commands(cli: Any, tmp_path: Path) -> None:
    result, first, second = (tmp_path / name for name in ("r.json", "1.html", "2.html"))
    done = cli(
        "score",
        "-e",
        "rules",
        "--format",
        "json",
        "-o",
        result,
        "--report",
        first,
        "--resamples",
        "20",
    )
    assert done.exit_code == 0
    assert cli("report", result, "-o", second).exit_code == 0
    same = first.read_bytes() == second.read_bytes()  # not to be shown line by line
    assert same
    both = cli("report", result, result, "-o", second, "--lang", "vi")
    assert both.exit_code == 0
    assert '<html lang="vi">' in second.read_text(encoding="utf-8")
    assert cli("report", result, "-o", result).exit_code == 2
    assert cli("report", result, result, result).exit_code == 2


def test_records_in_the_article_are_reached_by_key(rules: View, html: str, show: Any) -> None:
    opened = show(html)
    tab = opened.go(f"articles={rules.documents[0].gold.doc_id}")
    tag = tab.locator("#article .tag[tabindex]").first
    tag.focus()
    address = tag.get_attribute("data-address")
    assert address in (tag.get_attribute("aria-label") or "")
    tab.keyboard.press("Enter")
    tab.wait_for_function("a => location.hash === '#article=' + a", arg=address)
    assert f"#{address}" in opened.text("#article-detail h2")


def test_a_narrow_list_is_left_and_found_again(rules: View, html: str, show: Any) -> None:
    opened = show(html, NARROW)
    case = rules.errors[40]
    tab = opened.go("list")
    tab.click(f"#items a[href='#{case.address}']")
    tab.wait_for_selector("#detail .fields")
    assert tab.evaluate("scrollY") == 0
    assert not tab.locator("#items").is_visible()
    tab.click("#detail .back")
    tab.wait_for_selector("#items", state="visible")
    row = tab.locator(f"#items a[href='#{case.address}']").bounding_box()
    assert row is not None
    assert 0 <= row["y"] < NARROW["height"]


def test_an_article_is_drawn_as_it_is_read_and_whole_when_it_is_printed(
    rules: View, html: str, show: Any
) -> None:
    document = rules.documents[0].gold
    opened = show(html, color_scheme="dark")
    tab = opened.go(f"articles={document.doc_id}")
    tab.wait_for_selector("#article .spans")
    assert 0 < tab.locator("#article .spans").count() < len(document.segments)
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("#article .spans").count() == len(document.segments)
    tab.emulate_media(media="print")
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert not tab.locator("header.top").is_visible()
