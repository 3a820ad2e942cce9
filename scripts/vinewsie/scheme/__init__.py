"""The annotation scheme: layers with their labels and checks, and zones. Imports no numpy."""

from __future__ import annotations

from vinewsie.scheme import dates, entities, marks, quotes
from vinewsie.scheme.layer import Layer

LAYERS: dict[str, Layer] = {
    module.LAYER.name: module.LAYER for module in (entities, dates, marks, quotes)
}
"""The layers by the name of the field that holds their records."""

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
