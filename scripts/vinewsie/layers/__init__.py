"""The layers of annotation, one module each. Labels, checks, measures, the card and the commands' choices follow from this list."""

from __future__ import annotations

from vinewsie.layers import attribution, dates, entities, marks, quotes
from vinewsie.layers.base import Layer

LAYERS: dict[str, Layer] = {module.LAYER.name: module.LAYER for module in (entities, dates, marks, quotes, attribution)}

RECORD_LAYERS: dict[str, Layer] = {name: layer for name, layer in LAYERS.items() if name == layer.records}
"""The layers that have records of their own."""

ZONES = {
    "headline": "the article's own headline",
    "lead": "the sapo, or the first paragraph",
    "body": "the paragraphs of the article",
    "subheading": "a heading inside the article",
    "caption": "a picture's caption",
    "credit": "byline, contributor's note, note of the source",
    "teaser_headline": "the headline of a link to another article",
    "teaser_lead": "the text under such a headline",
    "navigation": "what belongs to the site, not to an article",
}
TEASER_ZONES = frozenset({"teaser_headline", "teaser_lead"})
