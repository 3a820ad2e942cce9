"""The extractors on models, with real pipelines and models: small ones that are made here with
known output.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinewsie.extractors import Extractor, ExtractorError, UnknownExtractorError
from vinewsie.extractors.windows import longest, windows
from vinewsie.model import Document
from vinewsie.reading.predictions import read_predictions
from vinewsie.scheme.entities import LAYER

FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


def found(extractor: Extractor, text: str) -> list[tuple[int, str, str | None]]:
    """The mentions in a text: start, surface by its offsets, type."""
    answer: Any = extractor(Document(doc_id="x", text=text))
    assert answer.keys() == {"entities"}
    for record in answer["entities"]:
        assert record["text"] == text[record["start"] : record["end"]]
    return [(record["start"], record["text"], record.get("type")) for record in answer["entities"]]


def composed(mentions: Iterable[tuple[int, str, str | None]]) -> list[tuple[str, str | None]]:
    """Mentions without offsets, in NFC and with plain spaces."""
    return [
        (" ".join(unicodedata.normalize("NFC", surface).split()), label)
        for _, surface, label in mentions
    ]


# Windows


@given(st.lists(st.integers(min_value=1, max_value=9)), st.integers(min_value=1, max_value=20))
def test_windows_cover_all_items_and_are_as_long_as_possible(sizes: list[int], room: int) -> None:
    ranges = list(windows(sizes, room))
    assert [index for first, last in ranges for index in range(first, last)] == list(
        range(len(sizes))
    )
    assert all(sum(sizes[first:last]) <= room or last == first + 1 for first, last in ranges)
    assert all(sum(sizes[first : last + 1]) > room for first, last in ranges if last < len(sizes))


class Values:
    """An object with these attributes."""

    def __init__(self, **values: int) -> None:
        self.__dict__.update(values)


@pytest.mark.parametrize(
    ("tokenizer", "config", "pieces"),
    [
        (Values(model_max_length=256), Values(max_position_embeddings=258), 256),
        (Values(model_max_length=10**30), Values(max_position_embeddings=258), 256),
        (Values(model_max_length=10**30), Values(), 512),
        (Values(model_max_length=10**30), Values(max_position_embeddings=-1), 512),
        (Values(model_max_length=128), Values(), 128),
    ],
)
def test_the_length_that_a_model_can_read(tokenizer: Values, config: Values, pieces: int) -> None:
    assert longest(tokenizer, config) == pieces


# spaCy


@pytest.fixture(scope="module", params=["xx", "vi"])
def spacy_model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A pipeline in a folder: rules for names as entities, and for places as a span group."""
    spacy = pytest.importorskip("spacy", reason="spaCy is not installed")
    if request.param == "vi":
        pytest.importorskip("pyvi", reason="spaCy's Vietnamese needs pyvi")
    pipeline = spacy.blank(request.param)

    def words(text: str) -> list[dict[str, str]]:
        return [{"ORTH": token.text} for token in pipeline.make_doc(text)]

    names = [
        {"label": "PER", "pattern": words("Đỗ Thị Huệ")},
        {"label": "ORG", "pattern": words("Đại học Huế")},
    ]
    places = [
        {"label": "LOC", "pattern": words("Huế")},
        {"label": "ORG", "pattern": words("Đại học Huế")},
    ]
    pipeline.add_pipe("entity_ruler").add_patterns(names)
    pipeline.add_pipe("span_ruler", config={"spans_key": "places"}).add_patterns(places)
    folder = tmp_path_factory.mktemp("spacy") / request.param
    pipeline.to_disk(folder)
    return str(folder)


@pytest.fixture(scope="module")
def of_spacy(spacy_model: str) -> Extractor:
    from vinewsie.extractors import with_spacy

    return with_spacy.make(spacy_model)


def test_spacy_gives_entities_and_span_groups_once(of_spacy: Extractor) -> None:
    text = "Chủ tịch Đỗ Thị Huệ đến Đại học Huế.\n\nHuế, quê bà."
    assert found(of_spacy, text) == [
        (9, "Đỗ Thị Huệ", "PER"),
        (24, "Đại học Huế", "ORG"),
        (32, "Huế", "LOC"),
        (38, "Huế", "LOC"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_mentions_of_spacy_are_aligned_with_the_text(
    of_spacy: Extractor, form: Literal["NFC", "NFD"]
) -> None:
    text = unicodedata.normalize(form, "😀 Bà\u00a0 Đỗ  Thị\u00a0Huệ\tđến.\r\n\r\n “Huế” ")
    mentions = found(of_spacy, text)
    assert composed(mentions) == [("Đỗ Thị Huệ", "PER"), ("Huế", "LOC")]
    assert mentions[-1][0] == text.index("“") + 1


@pytest.mark.parametrize("text", ["", " \n\t\n", "không có tên"])
def test_spacy_without_mentions(of_spacy: Extractor, text: str) -> None:
    assert found(of_spacy, text) == []


@pytest.mark.parametrize("name", ["no_such_pipeline", "/no/such/folder", ""])
def test_a_missing_pipeline_is_named(name: str) -> None:
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from vinewsie.extractors import with_spacy

    with pytest.raises(
        UnknownExtractorError,
        match=f"^spacy:{name}: no pipeline that can be loaded; "
        "give an installed one or its folder: ",
    ):
        with_spacy.make(name)


# textacy


@pytest.fixture(scope="module")
def parsing_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An English pipeline that has learnt to parse one sentence."""
    spacy = pytest.importorskip("spacy", reason="spaCy is not installed")
    pytest.importorskip("textacy", reason="textacy is not installed")
    from spacy.training import Example
    from thinc.api import fix_random_seed

    fix_random_seed(1)
    pipeline = spacy.blank("en")
    pipeline.add_pipe("parser", config={"min_action_freq": 1})
    doc = pipeline.make_doc("“We are not going home”, Hue said.")
    heads = [4, 4, 4, 4, 9, 4, 4, 9, 9, 9, 9]
    deps = ["punct", "nsubj", "aux", "neg", "ccomp", "advmod", "punct", "punct", "nsubj", "ROOT"]
    starts = [1, *[0] * 10]
    example = Example.from_dict(
        doc, {"heads": heads, "deps": [*deps, "punct"], "sent_starts": starts}
    )
    optimizer = pipeline.initialize(lambda: [example])
    for _ in range(40):
        pipeline.update([example], sgd=optimizer)
    verb = {"patterns": [[{"LOWER": "said"}]], "attrs": {"POS": "VERB", "LEMMA": "say"}}
    other = {"patterns": [[{"LOWER": {"NOT_IN": ["said"]}}]], "attrs": {"LEMMA": "x"}}
    pipeline.add_pipe("attribute_ruler").add_patterns([verb, other])
    folder = tmp_path_factory.mktemp("parsing") / "en"
    pipeline.to_disk(folder)
    return str(folder)


def test_textacy_gives_content_cue_and_source(parsing_model: str) -> None:
    from vinewsie.extractors import with_textacy

    quoted = "“We  are not going home”, Hue said."
    text = f"😀\n{quoted}\n“Unclosed, Hue said.\n{quoted}"
    document = Document(doc_id="d", text=text)
    answer: Any = with_textacy.make(parsing_model)(document)
    read = read_predictions([{"doc_id": "d", **answer}], {"d": document})
    assert read.findings == []
    words = [
        [text[span.start : span.end] for span in (*quote.content, *quote.cue, quote.source)]
        for quote in read.by_doc["d"].quotes
        if quote.source
    ]
    assert words == [["We  are not going home", "said", "Hue"]] * 2


def test_textacy_needs_a_language_that_it_has_and_a_pipeline_that_parses(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="spaCy is not installed")
    pytest.importorskip("textacy", reason="textacy is not installed")
    from vinewsie.extractors import with_textacy

    for language in ("xx", "en"):
        spacy.blank(language).to_disk(tmp_path / language)
    with pytest.raises(UnknownExtractorError, match="has no verbs of 'xx', only of en, es, fr"):
        with_textacy.make(str(tmp_path / "xx"))
    with pytest.raises(ExtractorError, match="gives no dependencies"):
        with_textacy.make(str(tmp_path / "en"))(Document(doc_id="d", text="“We go”, he said."))


# transformers

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
LEXICON = {"ingrid": "B-PER", "solberg": "I-PER", "oslo": "B-LOC", "huế": "B-LOC"}
"""The tag of each of these tokens; the others have O, or I-LOC within a word."""


def _set_weights(model: Any, tokenizer: Any) -> None:
    """Sets the weights of a model without layers: the embedding of a token gives its tag."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.base_model.embeddings.LayerNorm.weight.fill_(1)
        for piece, number in tokenizer.get_vocab().items():
            tag = LEXICON.get(
                piece.removesuffix("</w>"), "I-LOC" if piece.startswith("##") else "O"
            )
            model.base_model.embeddings.word_embeddings.weight[number, LABELS.index(tag)] = 1
        model.classifier.weight[:, : len(LABELS)] = torch.eye(len(LABELS))


def _sizes(**more: Any) -> dict[str, Any]:
    labels = dict(enumerate(LABELS))
    return {
        "hidden_size": 8,
        "num_hidden_layers": 0,
        "num_attention_heads": 1,
        "intermediate_size": 8,
        "max_position_embeddings": 20,
        "id2label": labels,
        "label2id": {label: number for number, label in labels.items()},
        **more,
    }


LETTERS = sorted(
    set("abcdefghijklmnopqrstuvwxyzđăâêôơưàáảãạếềểễệọộốồòóỏớờợùúủũụưứừửựìíỉĩịỳýỵ0123456789.,“”")
)


def _word_pieces(folder: Path) -> Any:
    """A WordPiece tokenizer for letters and the words of the lexicon."""
    from transformers import BertTokenizerFast

    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *LEXICON,
        *LETTERS,
        *(f"##{letter}" for letter in LETTERS),
    ]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    return BertTokenizerFast(vocab=str(vocabulary), do_lower_case=True, strip_accents=False)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("torch", reason="torch is not installed")
    folder = tmp_path_factory.mktemp("bert")
    tokenizer = _word_pieces(folder)
    model = transformers.BertForTokenClassification(
        transformers.BertConfig(vocab_size=len(tokenizer), **_sizes())
    )
    _set_weights(model, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def phobert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a tokenizer in Python, which gives no offsets."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("torch", reason="torch is not installed")
    folder = tmp_path_factory.mktemp("phobert")
    merges, words = [], []
    for word in [word.title() for word in LEXICON]:
        for size in range(2, len(word) + 1):
            end = "</w>" if size == len(word) else ""
            merges.append(f"{word[: size - 1]} {word[size - 1]}{end} 9")
        words.append(f"{word} 9")
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    (folder / "bpe.codes").write_text("\n".join(merges) + "\n", encoding="utf-8")
    tokenizer = transformers.PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes"))
    assert not tokenizer.is_fast
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer), pad_token_id=1, bos_token_id=0, eos_token_id=2, **_sizes()
    )
    model = transformers.RobertaForTokenClassification(config)
    import torch

    _set_weights(model, tokenizer)
    with torch.no_grad():
        table = model.base_model.embeddings.word_embeddings.weight
        for word, tag in LEXICON.items():
            number = tokenizer.convert_tokens_to_ids(word.title())
            table[number] = 0
            table[number, LABELS.index(tag)] = 1
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def of_transformers(name: object) -> Extractor:
    from vinewsie.extractors import with_transformers

    return with_transformers.make(str(name))


@pytest.mark.parametrize("model", ["bert", "phobert"])
def test_transformers_tags_words(model: str, request: pytest.FixtureRequest) -> None:
    extractor = of_transformers(request.getfixturevalue(model))
    text = "Ingrid Solberg, Oslo.\n\n😀 Bà Ingrid rời Oslo."
    assert found(extractor, text) == [
        (0, "Ingrid Solberg", "PER"),
        (16, "Oslo", "LOC"),
        (28, "Ingrid", "PER"),
        (39, "Oslo", "LOC"),
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("model", ["bert", "phobert"])
def test_mentions_of_transformers_are_aligned_with_the_text(
    model: str, form: Literal["NFC", "NFD"], request: pytest.FixtureRequest
) -> None:
    text = unicodedata.normalize(form, "😀\u200b Bà\u00a0Ingrid  \u00a0Solberg đến “Huế”.\r\nHuế")
    mentions = found(of_transformers(request.getfixturevalue(model)), text)
    assert composed(mentions) == [("Ingrid Solberg", "PER"), ("Huế", "LOC"), ("Huế", "LOC")]
    assert [start for start, _, _ in mentions[1:]] == [text.index("“") + 1, text.index("\n") + 1]


def test_the_first_token_of_a_word_decides(bert: Path) -> None:
    assert found(of_transformers(bert), "oslo osloa aoslo") == [
        (0, "oslo", "LOC"),
        (5, "osloa", "LOC"),
    ]


@pytest.mark.parametrize("model", ["bert", "phobert"])
def test_a_line_longer_than_the_model_is_read_to_its_end(
    model: str, request: pytest.FixtureRequest
) -> None:
    extractor = of_transformers(request.getfixturevalue(model))
    for before in range(40):
        text = "a " * before + "Ingrid Solberg " + "a " * 30 + "Oslo"
        start = 2 * before
        assert found(extractor, text) == [
            (start, "Ingrid Solberg", "PER"),
            (start + 75, "Oslo", "LOC"),
        ]


def test_a_word_longer_than_the_model_is_truncated(bert: Path) -> None:
    assert found(of_transformers(bert), f"Oslo {'xyz' * 100} Oslo") == [
        (0, "Oslo", "LOC"),
        (306, "Oslo", "LOC"),
    ]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u200b", "không có tên"])
def test_transformers_without_mentions(bert: Path, text: str) -> None:
    assert found(of_transformers(bert), text) == []


def test_a_model_for_another_task_is_refused(bert: Path, tmp_path: Path) -> None:
    import transformers

    transformers.BertModel.from_pretrained(bert).save_pretrained(tmp_path)
    _word_pieces(tmp_path).save_pretrained(tmp_path)
    with pytest.raises(
        UnknownExtractorError, match="was not trained to classify tokens: it lacks classifier"
    ):
        of_transformers(tmp_path)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("torch", reason="torch is not installed")
    with pytest.raises(
        UnknownExtractorError,
        match=r"^hf:.*: no model that can be loaded; give its folder, or its name on the hub: ",
    ):
        of_transformers(tmp_path)


# GLiNER


@pytest.fixture(scope="module")
def gliner_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights that reads twelve words at once."""
    gliner = pytest.importorskip("gliner", reason="gliner is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    folder = tmp_path_factory.mktemp("gliner")
    tokenizer = _word_pieces(folder)
    tokenizer.save_pretrained(folder / "encoder")
    encoder = transformers.BertConfig(
        vocab_size=len(tokenizer), **_sizes(max_position_embeddings=512, num_hidden_layers=1)
    )
    encoder.save_pretrained(folder / "encoder")
    config = gliner.GLiNERConfig(
        model_name=str(folder / "encoder"),
        encoder_config=encoder.to_dict(),
        hidden_size=8,
        max_len=12,
        max_width=3,
        dropout=0.0,
    )
    model = gliner.GLiNER.from_config(config, load_tokenizer=True, backbone_from_pretrained=False)
    model.save_pretrained(str(folder / "model"))
    return folder / "model"


def of_gliner(name: object) -> Extractor:
    from vinewsie.extractors import with_gliner

    return with_gliner.make(str(name))


@pytest.mark.parametrize("form", FORMS)
def test_gliner_reads_every_word(
    gliner_model: Path, form: Literal["NFC", "NFD"], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A model with random weights gives each word some probability.
    monkeypatch.setattr("vinewsie.extractors.with_gliner.THRESHOLD", 0.0)
    text = unicodedata.normalize(
        form, "😀 Bà\u00a0Huệ đến.\r\n" + " ".join(f"huế{number}" for number in range(40))
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*truncated.*")
        mentions = found(of_gliner(gliner_model), text)
    words = {word for surface, _ in composed(mentions) for word in surface.split()}
    assert {"😀", "Bà", "Huệ", "đến", *(f"huế{number}" for number in range(40))} <= words
    assert {label for _, _, label in mentions} <= LAYER.vocabularies["type"].keys()


def test_gliner_without_mentions(gliner_model: Path) -> None:
    assert found(of_gliner(gliner_model), " \n\u200b\n") == []


def test_gliner_is_asked_for_every_native_type() -> None:
    from vinewsie.extractors.with_gliner import TYPES

    assert list(TYPES.values()) == list(LAYER.vocabularies["type"])


def test_a_missing_gliner_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("gliner", reason="gliner is not installed")
    with pytest.raises(
        UnknownExtractorError,
        match=r"^gliner:.*: no model that can be loaded; give its folder, or its name on the hub: ",
    ):
        of_gliner(tmp_path)
