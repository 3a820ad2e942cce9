"""The labelling configuration of Label Studio, made from the vocabularies of the layers.

A region of the page has one label. The label gives the layer of the record and the value of the
layer's label field: an entity's type, a date's type, a mark's function, a quotation's kind. The
other fields of a record are choices and text fields of its region, or regions that its region
points to: the further content, cue, source and medium of a quotation, the quotation of a mark, the
parent of a quotation, and alternates. Relations have no labels, because their ends determine their
meaning: an annotator cannot forget such a label, nor the editor lose it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from vinewsie.scheme import LAYERS
from vinewsie.scheme.dates import MODS
from vinewsie.scheme.quotes import SOURCE_STATUSES

_TEMPLATE = Path(__file__).with_name("label_studio.xml.j2")

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
        "#1f6fd1",
        "#7a3fc4",
        "#0f8f8f",
        "#2f9e44",
        "#6b7f12",
        "#c2255c",
        "#a15c07",
        "#5c6b7a",
    ),
    "dates": ("#e8590c", "#d9480f", "#f08c00", "#b35900"),
    "marks": ("#b8860b", "#8d8741", "#9c7c38", "#7d7a53"),
    "quotes": ("#0b7285", "#1098ad", "#3b5bdb"),
    "parts": ("#0b7285", "#d6336c", "#862e9c", "#5f3dc4", "#868e96"),
}

_ADVICE = {
    "entities": "Entities: proper names only, every one and every level of "
    "nesting; titles, honorifics and classifiers stay outside.",
    "dates": "Dates: with ngày, hôm, tháng, năm, without trong, vào, từ, hồi, sau; "
    "the value is TIMEX3, read against the day on the right.",
    "marks": "Quotation marks: every pair, what stands between the marks; of "
    "speech a relation leads to the innermost quotation.",
    "quotes": "Quotations: what is said, without the marks at its edges, rằng, là, "
    "colon and full stop; one for each act of saying.",
    "parts": "Parts: a relation leads to them from the record that they belong to.",
}
_HANDLING = (
    "A label: its key, then mark the words; or select a region and press the key "
    "to change it. Esc leaves a region, Backspace deletes it.",
    "A relation: select the record, Alt+R, click the part. A quotation within "
    "another one: from the inner to the outer.",
    "Settings (the sliders at the bottom): let a new region be selected at once, "
    "and show labels inside regions.",
    "Readings: where a good second reader would differ, each other reading as a JSON object "
    'of what differs: {"absent": true}, {"speakers": ["kcna"]}, or, with words that occur once '
    'in the line, {"content": [{"text": "…"}]}.',
    "Regions with the same words: the list on the right has each. Update saves; "
    "what is not saved is a draft, and does not count.",
)

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
_SEMANTIC = ("name", "toName", "value", "alias", "choice", "maxUsages", "perRegion", "granularity")


@dataclass(frozen=True)
class Label:
    """A label of the page.

    Args:
        value: its name.
        hint: its meaning.
        hotkey: its key.
        colour: the colour of its regions.
        layer: the layer of the records that it makes; None for a part of one.
    """

    value: str
    hint: str
    hotkey: str
    colour: str
    layer: str | None


def _labels() -> Iterator[Label]:
    groups = {name: (name, layer.vocabularies[layer.label_field]) for name, layer in LAYERS.items()}
    for name, (layer, values) in [*groups.items(), ("parts", (None, PARTS))]:
        for (value, hint), hotkey, colour in zip(
            values.items(), _HOTKEYS[name], _COLOURS[name], strict=True
        ):
            yield Label(value, hint, hotkey, colour, layer)


LABELS: dict[str, Label] = {label.value: label for label in _labels()}
"""All labels by name, in the order of the page."""


def labels_of(layer: str | None) -> list[Label]:
    """The labels of a layer's records; of the parts for None."""
    return [label for label in LABELS.values() if label.layer == layer]


def _choice_keys() -> dict[str, str]:
    """The keys of all choices; combinations for whole layers, against mistakes."""
    statuses = dict(zip(SOURCE_STATUSES, _STATUS_KEYS, strict=True))
    layers = {layer: f"shift+alt+{number}" for number, layer in enumerate(LAYERS, start=1)}
    return {**statuses, **_TICK_KEYS, **layers}


def _help() -> Iterator[str]:
    """The most important rules, a line each; the guidelines have all."""
    for layer, advice in _ADVICE.items():
        values = labels_of(layer if layer in LAYERS else None)
        yield f"{advice} {'; '.join(f'{label.value}: {label.hint}' for label in values)}."
    yield from _HANDLING


@cache
def label_config() -> str:
    """The labelling configuration as XML."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        layers=LAYERS,
        groups=[(layer.title, labels_of(name)) for name, layer in LAYERS.items()]
        + [("Parts", labels_of(None))],
        help=list(_help()),
        keys=_choice_keys(),
        records=[label for label in LABELS.values() if label.layer is not None],
        labels_of=labels_of,
        mods=MODS,
        source_statuses=SOURCE_STATUSES,
        signed_off=SIGNED_OFF,
        complete=COMPLETE,
        readings=READINGS,
        yes=YES,
    )


def config_hash(config: str | None = None) -> str:
    """The sha256 of the parts that results depend on: controls, labels and choices, but not
    appearance, hints and keys.

    Each task stores it, because a server accepts a renamed label silently.

    Args:
        config: a configuration as XML; by default that of this package.

    Raises:
        ValueError: it is not XML.
    """
    try:
        root = ElementTree.fromstring(label_config() if config is None else config)
    except ElementTree.ParseError as error:
        raise ValueError(f"the labelling configuration is not XML: {error}") from error
    controls = [
        [e.tag, *(e.get(name) for name in _SEMANTIC)] for e in root.iter() if e.tag in _TAGS
    ]
    return hashlib.sha256(json.dumps(controls).encode("utf-8")).hexdigest()
