"""Measures as values: ``layer.name(param=value,…)``, parsed and printed.

Printing and parsing are inverse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vinewsie.findings import VinewsieError
from vinewsie.scheme.inventories import LabelMap, labels_of
from vinewsie.scoring import attribution, dates, entities, people, quotes
from vinewsie.scoring.alignment import Aligned
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import FILTERS, LABEL, ZONE, MeasureDefinition

DEFINITIONS: dict[str, dict[str, MeasureDefinition]] = {
    layer: {definition.name: definition for definition in definitions}
    for layer, definitions in {
        "entities": entities.MEASURES,
        "dates": dates.MEASURES,
        "quotes": quotes.MEASURES,
        "attribution": attribution.MEASURES,
        "people": people.MEASURES,
    }.items()
}
"""All measures by the two parts of their names."""

_FORM = re.compile(r"(?P<layer>[a-z]+)\.(?P<name>[a-z]+)(?:\((?P<params>[^()]*)\))?")


class MeasureError(VinewsieError):
    """A measure's name that cannot be read; the message says what is allowed."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Measure:
    """A measure with all its parameters.

    Args:
        layer: the first part of the name.
        name: the second part.
        params: the parameters that are not the default, sorted by name.
    """

    layer: str
    name: str
    params: tuple[tuple[str, str], ...] = ()

    @property
    def definition(self) -> MeasureDefinition:
        """The description of the measure."""
        return DEFINITIONS[self.layer][self.name]

    @property
    def values(self) -> dict[str, str]:
        """The value of each parameter, defaults included."""
        defaults = {p.name: p.values[0] for p in self.definition.parameters if p.values}
        return defaults | dict(self.params)

    def with_params(self, **params: str) -> Measure:
        """The same measure with other parameters."""
        return make(self.layer, self.name, {**dict(self.params), **params})

    def aligned(self, corpus: Corpus) -> Aligned:
        """The alignment, before the filters; made once for each corpus."""
        filters = {parameter.name for parameter in FILTERS}
        params = tuple((name, value) for name, value in self.params if name not in filters)
        return corpus.once(
            (self.layer, self.name, params), lambda: self.definition.align(corpus, self.values)
        )

    def __str__(self) -> str:
        inside = ",".join(f"{name}={value}" for name, value in self.params)
        return f"{self.layer}.{self.name}" + (f"({inside})" if inside else "")


def make(layer: str, name: str, params: Mapping[str, str]) -> Measure:
    """Builds a measure from its parts.

    Args:
        layer: the first part of the name.
        name: the second part.
        params: values of parameters by name; those that are missing have their default.

    Raises:
        MeasureError: layer, name, a parameter or a value is unknown.
    """
    if layer not in DEFINITIONS:
        raise MeasureError(f"no layer {layer!r} with measures; there are {', '.join(DEFINITIONS)}")
    if name not in DEFINITIONS[layer]:
        raise MeasureError(
            f"{layer} has no measure {name!r}; it has {', '.join(DEFINITIONS[layer])}"
        )
    known = {parameter.name: parameter for parameter in DEFINITIONS[layer][name].parameters}
    kept = {}
    for key, value in params.items():
        if key not in known:
            raise MeasureError(
                f"{layer}.{name} has no parameter {key!r}; it has {', '.join(known)}"
            )
        allowed = known[key].values
        if allowed and value not in allowed:
            raise MeasureError(
                f"{layer}.{name}: {key} is one of {', '.join(allowed)}, not {value!r}"
            )
        try:
            value = known[key].canonical(value)
        except ValueError as error:
            raise MeasureError(f"{layer}.{name}: {key} is {error}, not {value!r}") from None
        if not value or re.search(r"[(),=|]", value):
            raise MeasureError(
                f"{layer}.{name}: {key} has the value {value!r}; a value is not empty and has "
                "none of ( ) , = |"
            )
        if value not in allowed[:1]:
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
    return [Measure(layer, name) for layer, names in DEFINITIONS.items() for name in names]


def headline() -> list[Measure]:
    """The measures that are scored by default: the headline measures in each zone."""
    chosen = [measure for measure in all_measures() if measure.definition.headline]
    return [measure.with_params(zone=zone) for measure in chosen for zone in ZONE.values]


def wanted(
    measures: Sequence[str | Measure] | None,
    scheme: str | None = None,
    overlap: str | None = None,
) -> list[Measure]:
    """The measures asked for, each once; by default the headline measures.

    Args:
        measures: measures or their names.
        scheme: the label inventory of those measures that have one and name none.
        overlap: the least overlap of those measures that have one and name none.

    Raises:
        MeasureError: a name cannot be read; a scheme or an overlap is given, and none of the
            measures has one.
    """
    if isinstance(measures, str):
        measures = [measures]
    asked = [m if isinstance(m, Measure) else parse(m) for m in measures or headline()]
    for name, option, value in (
        (entities.SCHEME.name, "--scheme", scheme),
        (entities.OVERLAP.name, "--min-overlap", overlap),
    ):
        if value is None:
            continue
        if not any(_takes(measure, name) for measure in asked):
            others = ", ".join(str(measure) for measure in all_measures() if _takes(measure, name))
            raise MeasureError(
                f"{name} ({option}) has no effect on {', '.join(map(str, asked))}; it is a "
                f"parameter of {others}"
            )
        asked = [
            m.with_params(**{name: value}) if _takes(m, name) and name not in dict(m.params) else m
            for m in asked
        ]
    return list(dict.fromkeys(asked))


def _takes(measure: Measure, name: str) -> bool:
    """Whether a measure has a parameter of this name."""
    return any(parameter.name == name for parameter in measure.definition.parameters)


def check_label_map(asked: Iterable[Measure], own: LabelMap | None) -> None:
    """Checks that a label map applies to some measure.

    Args:
        asked: the measures.
        own: a user-supplied label map.

    Raises:
        MeasureError: it applies to none of the measures.
    """
    names = {str(measure): measure.definition.mapped_labels for measure in asked}
    if own and not any(names.values()):
        others = ", ".join(str(m) for m in all_measures() if m.definition.mapped_labels)
        raise MeasureError(
            f"the label map (--labels) has no effect on {', '.join(names)}; it applies to {others}"
        )


def check_labels(asked: Iterable[Measure], own: LabelMap | None = None) -> None:
    """Checks that the labels that measures filter by are known.

    Args:
        asked: the measures.
        own: a user-supplied label map.

    Raises:
        MeasureError: no answer can have the label, so it is a misprint.
    """
    for measure in asked:
        label = measure.values.get(LABEL.name)
        allowed = measure.definition.labels(measure.values, own)
        if label is not None and allowed is not None and label not in allowed:
            raise MeasureError(
                f"{measure}: no label {label!r}; there are {', '.join(sorted(allowed))}"
            )


def accepted_labels(
    asked: Iterable[Measure], native: bool, own: LabelMap | None = None
) -> frozenset[str] | None:
    """The entity labels that predictions may carry; None for any.

    Args:
        asked: the measures; without one of entities, the native labels are accepted.
        native: whether the gold has native labels. With custom gold, any label is accepted.
        own: a user-supplied label map, whose labels are accepted, too.
    """
    mapped = [measure for measure in asked if measure.definition.mapped_labels]
    allowed = [measure.definition.labels(measure.values, own) for measure in mapped]
    sets = [labels for labels in allowed or [labels_of("native")] if labels is not None]
    if not native or len(sets) < len(allowed):
        return None
    return frozenset().union(*sets)
