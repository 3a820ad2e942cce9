"""Measures as values: ``layer.name(param=value,…)``, parsed and printed; printing what was parsed
gives the same measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vinewsie.findings import VinewsieError
from vinewsie.scheme import LAYERS
from vinewsie.scheme.inventories import LabelMap, labels_of
from vinewsie.scoring import attribution, dates, entities, quotes
from vinewsie.scoring.alignment import MeasureDefinition


@dataclass(frozen=True)
class ScoredLayer:
    """A group of measures under one name: the layer of records that they read, the field that
    labels an answer, the measures.
    """

    records: str
    label_field: str
    measures: tuple[MeasureDefinition, ...]


SCORED: dict[str, ScoredLayer] = {
    "entities": ScoredLayer("entities", "type", entities.MEASURES),
    "dates": ScoredLayer("dates", "type", dates.MEASURES),
    "quotes": ScoredLayer("quotes", "kind", quotes.MEASURES),
    "attribution": ScoredLayer("quotes", attribution.LABEL, attribution.MEASURES),
}
"""What can be measured, by the first part of a measure's name."""

COMMON_PARAMS: dict[str, tuple[str, ...]] = {"zone": ("page", "article")}
"""Parameters of every measure with their values, the default first. ``label`` comes on top: any
label, by default all.
"""

_FORM = re.compile(r"(?P<layer>[a-z]+)\.(?P<name>[a-z]+)(?:\((?P<params>[^()]*)\))?")


class MeasureError(VinewsieError):
    """A measure's name that cannot be read; the message says what is allowed."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Measure:
    """A measure with all its parameters; ``params`` holds only those that are not the default,
    sorted by name.
    """

    layer: str
    name: str
    params: tuple[tuple[str, str], ...] = ()

    @property
    def definition(self) -> MeasureDefinition:
        """What the measure counts."""
        return next(d for d in SCORED[self.layer].measures if d.name == self.name)

    @property
    def values(self) -> dict[str, str]:
        """All parameters with a closed set of values, defaults included."""
        return {
            name: values[0] for name, values in {**COMMON_PARAMS, **self.definition.params}.items()
        } | dict(self.params)

    @property
    def alignment(self) -> Measure:
        """The measure without the filters that are applied after the alignment, so that measures
        can share it.
        """
        return Measure(
            self.layer,
            self.name,
            tuple((name, value) for name, value in self.params if name not in ("zone", "label")),
        )

    def with_params(self, **params: str) -> Measure:
        """The same measure with other parameters."""
        return make(self.layer, self.name, {**dict(self.params), **params})

    def __str__(self) -> str:
        inside = ",".join(f"{name}={value}" for name, value in self.params)
        return f"{self.layer}.{self.name}" + (f"({inside})" if inside else "")


def make(layer: str, name: str, params: Mapping[str, str]) -> Measure:
    """Builds a measure from its parts.

    Raises:
        MeasureError: layer, name, a parameter or a value is unknown.
    """
    if layer not in SCORED:
        raise MeasureError(f"no layer {layer!r} with measures; there are {', '.join(SCORED)}")
    definitions = {d.name: d for d in SCORED[layer].measures}
    if name not in definitions:
        raise MeasureError(f"{layer} has no measure {name!r}; it has {', '.join(definitions)}")
    allowed = {**COMMON_PARAMS, **definitions[name].params}
    kept = {}
    for key, value in params.items():
        if key != "label" and key not in allowed:
            raise MeasureError(
                f"{layer}.{name} has no parameter {key!r}; it has {', '.join([*allowed, 'label'])}"
            )
        if key != "label" and value not in allowed[key]:
            raise MeasureError(
                f"{layer}.{name}: {key} is one of {', '.join(allowed[key])}, not {value!r}"
            )
        if not value or re.search(r"[(),=|]", value):
            raise MeasureError(
                f"{layer}.{name}: {key} has the value {value!r}; a value is not empty and has none of ( ) , = |"
            )
        if key == "label" or value != allowed[key][0]:
            kept[key] = value
    return Measure(layer, name, tuple(sorted(kept.items())))


def parse(text: str) -> Measure:
    """Reads a measure's name.

    Raises:
        MeasureError: the name is not of the form ``layer.name(param=value,…)`` or names something
            unknown.
    """
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise MeasureError(f"{text!r} is not of the form layer.name or layer.name(param=value,…)")
    params: dict[str, str] = {}
    inside = form["params"]
    for part in inside.split(",") if inside else ():
        key, equals, value = part.partition("=")
        if not equals or key.strip() in params:
            raise MeasureError(
                f"{text!r}: {part!r} is not of the form param=value, or is given twice"
            )
        params[key.strip()] = value.strip()
    return make(form["layer"], form["name"], params)


def all_measures() -> list[Measure]:
    """Every measure with its default parameters, in the order of the layers."""
    return [Measure(name, d.name) for name, layer in SCORED.items() for d in layer.measures]


def headline() -> list[Measure]:
    """What is scored when nothing else is asked for: the headline measures, each on the whole page
    and on the article alone.
    """
    chosen = [
        Measure(name, d.name)
        for name, layer in SCORED.items()
        for d in layer.measures
        if d.headline
    ]
    return [m.with_params(zone=zone) for m in chosen for zone in COMMON_PARAMS["zone"]]


def wanted(measures: Sequence[str | Measure] | None, scheme: str | None = None) -> list[Measure]:
    """The measures asked for, each once; by default the headline measures.

    ``scheme`` is the label inventory of those measures of entities that name none.

    Raises:
        MeasureError: a name cannot be read.
    """
    if isinstance(measures, str):
        measures = [measures]
    asked = (
        [measure if isinstance(measure, Measure) else parse(measure) for measure in measures]
        if measures
        else headline()
    )
    if scheme is not None:
        asked = [
            m.with_params(scheme=scheme)
            if m.layer == "entities" and "scheme" not in dict(m.params)
            else m
            for m in asked
        ]
    return list(dict.fromkeys(asked))


def check_labels(asked: Iterable[Measure], own: LabelMap | None = None) -> None:
    """Whether the labels that measures filter by are in the inventories of the packaged gold.

    Raises:
        MeasureError: one is not; a filter that nothing can pass is a misprint.
    """
    for measure in asked:
        label, layer = measure.values.get("label"), SCORED[measure.layer]
        field = LAYERS[layer.records].vocabularies[layer.label_field]
        allowed = _accepted(measure, own) if measure.layer == "entities" else frozenset(field)
        if measure.name == "marked":
            allowed = frozenset({"speech"})
        if label is not None and allowed is not None and label not in allowed:
            raise MeasureError(
                f"{measure}: no label {label!r}; there are {', '.join(sorted(allowed))}"
            )


def accepted_labels(
    wanted: Iterable[Measure], native: bool, own: LabelMap | None = None
) -> frozenset[str] | None:
    """The entity labels that predictions may carry for these measures; None for any (gold of one's
    own, or ``scheme=any``).

    With a person's own map of labels, those that it knows are accepted, too.
    """
    allowed = [_accepted(measure, own) for measure in wanted if measure.layer == "entities"] or [
        labels_of("native")
    ]
    if not native or None in allowed:
        return None
    return frozenset().union(*(labels for labels in allowed if labels is not None))


def _accepted(measure: Measure, own: LabelMap | None) -> frozenset[str] | None:
    labels = labels_of(measure.values["scheme"])
    return labels if labels is None or own is None else labels | own.names
