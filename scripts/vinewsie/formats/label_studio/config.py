"""The labelling configuration of Label Studio, made from the vocabularies of the layers.

A region of the page has one label. The label gives the layer of the record and the value of the
layer's label field: an entity's type, a date's type, a mark's function, a quotation's kind. The
other fields of a record are choices and text fields of its region, or regions that its region
points to: the further content, cue, source and medium of a quotation, the quotation of a mark, the
parent of a quotation, and alternates. Relations have no labels, because their ends determine their
meaning: an annotator cannot forget such a label, nor the editor lose it.

A page shows some of the layers, or all. Its words are Vietnamese or English; what it stores are
the values of the scheme, whatever the language.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from vinewsie.messages import Word
from vinewsie.scheme import LAYERS
from vinewsie.scheme.dates import MODS
from vinewsie.scheme.quotes import SOURCE_STATUSES

_HERE = Path(__file__).parent
_WORDS = json.loads((_HERE / "words.json").read_text(encoding="utf-8"))

LANGUAGES = ("vi", "en")
"""The languages of the page; the first one is the default."""
ALL = tuple(LAYERS)
"""All layers, in the order of the page."""
PAGES = {"names": ("entities", "dates"), "quotations": ("marks", "quotes")}
"""The layers of the pages that an article has by default: a page for each sort of work."""

CONTENT, CUE, SOURCE, MEDIUM, ALTERNATE = "content", "cue", "source", "medium", "alternate"

PARTS = {
    CONTENT: "a further stretch of an interrupted quotation, or of its alternate",
    CUE: "the reporting words alone",
    SOURCE: "the whole noun phrase or pronoun that names who speaks",
    MEDIUM: "the letter, statement or report in which the words stand",
    ALTERNATE: "another span that is just as right, where the text itself leaves the boundary open",
}
"""The labels of regions that are not records but parts of one."""

FIELDS = {
    "entities": ("entity", "new_entity"),
    "dates": ("value", "mod", "vague"),
    "marks": ("unclosed", "unopened"),
    "quotes": (
        "source_status",
        "speakers",
        "new_speakers",
        "addressees",
        "new_addressees",
        "inherited",
        "truncated",
    ),
}
"""The fields of a region beside its label, by layer; records also have ``READINGS`` and
``SIGNED_OFF``.
"""
READINGS = "readings"
"""The other readings of a contested record, each a JSON object with the fields that differ."""
TYPED = frozenset({"value", "new_entity", "new_speakers", "new_addressees", READINGS})
"""Text fields."""
LISTED = frozenset({"entity", "speakers", "addressees", "inherited", "mod"})
"""Choices from a long list with a search. The other choices are all visible."""
SIGNED_OFF, COMPLETE = "signed_off", "complete"
"""The sign-off of one record, and of layers of a page: no record is missing, and all are right."""
YES = "yes"
"""The only choice of a tick box."""

_HOTKEYS = {
    "entities": "12345678",
    "dates": "qwer",
    "marks": "asdf",
    "quotes": "zxc",
    "parts": "vbnmg",
}
"""A row of the keyboard for each layer."""
_STATUS_KEYS, _TICK_KEYS = (
    "tyuioph",
    {"vague": "j", "unclosed": "k", "unopened": "9", SIGNED_OFF: "l", "truncated": "0"},
)
"""The keys of choices. Otherwise the editor assigns free keys, which are pressed by mistake."""
_COLOURS = {
    "entities": (
        "#429c5a",
        "#006241",
        "#009e96",
        "#005e72",
        "#0094c3",
        "#004f8f",
        "#6382d4",
        "#4a3d8f",
    ),
    "dates": ("#d88018", "#853f13", "#eeb318", "#c1552c"),
    "marks": ("#7b7414", "#bbc12c", "#474503", "#879b64"),
    "quotes": ("#9d113b", "#ed356f", "#65171c"),
    "parts": ("#ed90b5", "#aa199f", "#a85be1", "#630f63", "#776e79"),
}
"""One range of hues a layer, and no two labels alike: entities green to violet, dates orange, marks
olive, quotations red, their parts pink to purple.
"""
_LINES = {"DATE": "solid", "TIME": "dashed", "DURATION": "dotted", "SET": "double"}
_LINES |= {"speech": "solid", "scare": "dotted", "title": "dashed", "term": "double"}
_LINES |= {"direct": "solid", "indirect": "dashed", "mixed": "double", CONTENT: "solid"}
_LINES |= {CUE: "solid", SOURCE: "dashed", MEDIUM: "dotted", ALTERNATE: "dotted"}
"""The line of a label's regions, which tells labels of a layer apart without their colour; entities
are boxes.
"""

_TAGS = frozenset(
    {
        "Labels",
        "Label",
        "Choices",
        "Choice",
        "TextArea",
        "Taxonomy",
        "Text",
        "Relations",
        "Relation",
    }
)
_SEMANTIC = ("name", "toName", "choice", "maxUsages", "perRegion", "granularity")


@dataclass(frozen=True)
class Label:
    """A label of the page.

    Args:
        value: its value in the scheme.
        hint: its meaning.
        hotkey: its key.
        colour: the colour of its regions.
        layer: the layer of the records that it makes; None for a part of one.
        line: the style of the line of its regions.
    """

    value: str
    hint: str
    hotkey: str
    colour: str
    layer: str | None
    line: str


def _labels() -> Iterator[Label]:
    groups = {name: (name, layer.vocabularies[layer.label_field]) for name, layer in LAYERS.items()}
    for name, (layer, values) in [*groups.items(), ("parts", (None, PARTS))]:
        for (value, hint), hotkey, colour in zip(
            values.items(), _HOTKEYS[name], _COLOURS[name], strict=True
        ):
            yield Label(value, hint, hotkey, colour, layer, _LINES.get(value, "box"))


LABELS: dict[str, Label] = {label.value: label for label in _labels()}
"""All labels by value, in the order of the page."""

_VALUES: dict[str, str] = {entry["name"]: value for value, entry in _WORDS["values"].items()}


def word(value: str) -> Word:
    """A value or layer of the scheme, with the word that the Vietnamese page shows for it."""
    return Word(value, _name(value, "vi"))


def field_word(name: str) -> Word:
    """A field of a record or of a region, with its Vietnamese word."""
    return Word(name, _WORDS["fields"].get(name, name))


def scheme_value(shown: str) -> str:
    """The value of the scheme for a label or choice as a page may show it."""
    return _VALUES.get(shown, shown)


def labels_of(layer: str | None) -> list[Label]:
    """The labels of a layer's records; of the parts for None."""
    return [label for label in LABELS.values() if label.layer == layer]


def labels_on(layers: Sequence[str]) -> list[Label]:
    """The labels of a page with these layers; parts of quotations stand only beside quotations."""
    return [
        label
        for label in LABELS.values()
        if label.layer in layers
        or (label.layer is None and (label.value == ALTERNATE or "quotes" in layers))
    ]


def ordered_layers(names: Iterable[str]) -> tuple[str, ...]:
    """Layers in the order of the page, each once; names that are no layers are left out."""
    wanted = set(names)
    return tuple(layer for layer in ALL if layer in wanted)


def page_title(layers: Sequence[str], lang: str = LANGUAGES[0]) -> str:
    """The title of a page with these layers; empty for all of them."""
    for name, there in PAGES.items():
        if there == tuple(layers):
            return _message(f"project.{name}", lang)
    return "" if tuple(layers) == ALL else ", ".join(_name(layer, lang) for layer in layers)


def _message(key: str, lang: str) -> str:
    english, vietnamese = _WORDS["messages"][key]
    return str(vietnamese if lang == "vi" else english)


def _name(value: str, lang: str) -> str:
    return str(_words(value, lang).get("name", value))


def _meaning(value: str, english: str, lang: str) -> str:
    return str(_words(value, lang).get("meaning", english))


def _words(value: str, lang: str) -> Mapping[str, str]:
    """The Vietnamese words for a value, as far as there are any; none in English."""
    found: Mapping[str, str] = _WORDS["values"].get(value, {}) if lang == "vi" else {}
    return found


def _choice_keys() -> dict[str, str]:
    """The keys of all choices; combinations for whole layers, against mistakes."""
    statuses = dict(zip(SOURCE_STATUSES, _STATUS_KEYS, strict=True))
    layers = {layer: f"shift+alt+{number}" for number, layer in enumerate(LAYERS, start=1)}
    return {**statuses, **_TICK_KEYS, **layers}


@cache
def label_config(layers: tuple[str, ...] = ALL, lang: str = LANGUAGES[0]) -> str:
    """The labelling configuration as XML.

    Args:
        layers: the layers that the page shows.
        lang: the language of its words: ``vi`` or ``en``.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    labels = labels_on(layers)
    rendered: str = environment.get_template("label_studio.xml.j2").render(
        layers=layers,
        labels=labels,
        records=[label for label in labels if label.layer is not None],
        parts=[label for label in labels if label.layer is None],
        labels_of=labels_of,
        keys=_choice_keys(),
        mods=list(MODS),
        source_statuses=SOURCE_STATUSES,
        signed_off=SIGNED_OFF,
        complete=COMPLETE,
        readings=READINGS,
        yes=YES,
        rules=[
            _message(f"help.{layer}", lang)
            for layer in layers
            if f"help.{layer}" in _WORDS["messages"]
        ],
        say=lambda key: _message(key, lang),
        name=lambda value: _name(value, lang),
        meaning=lambda value, english: _meaning(value, english, lang),
    )
    return rendered


def config_hash(config: str | None = None) -> str:
    """The sha256 of the parts that results depend on: controls, labels and choices, but not
    appearance, language, hints and keys.

    Each task stores it, because a server accepts a renamed label silently.

    Args:
        config: a configuration as XML; by default that of this package with all layers.

    Raises:
        ValueError: it is not XML.
    """
    root = _parsed(label_config() if config is None else config)
    controls = [
        [e.tag, *(e.get(name) for name in _SEMANTIC), _stored(e)]
        for e in root.iter()
        if e.tag in _TAGS
    ]
    return hashlib.sha256(json.dumps(controls).encode("utf-8")).hexdigest()


@cache
def layers_hash(layers: tuple[str, ...] = ALL) -> str:
    """The hash of this package's configuration with these layers."""
    return config_hash(label_config(layers))


def config_layers(config: str) -> tuple[str, ...] | None:
    """The layers of a configuration of this package, in any language; None for another one."""
    try:
        root, found = _parsed(config), config_hash(config)
    except ValueError:
        return None
    values = {_stored(label) for label in root.iter("Label")}
    layers = ordered_layers(
        label.layer for label in LABELS.values() if label.layer and label.value in values
    )
    return layers if layers and found == layers_hash(layers) else None


def _stored(element: Any) -> str | None:
    """What a label or choice stores in results."""
    alias, value = element.get("alias"), element.get("value")
    return str(alias) if alias is not None else value


def _parsed(config: str) -> Any:
    try:
        return ElementTree.fromstring(config)
    except ElementTree.ParseError as error:
        raise ValueError(f"the labelling configuration is not XML: {error}") from error
