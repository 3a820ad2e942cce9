"""The extractor ``gliner:PATH``: a GLiNER model, asked for the native types by names that say what
they mean.
"""

from __future__ import annotations

from pathlib import Path

from vinewsie.extractors.catalogue import Extractor, UnknownExtractorError
from vinewsie.extractors.lines import Found, Line, on_lines
from vinewsie.extractors.windows import longest, windows

TYPES = {
    "person": "PER",
    "organization": "ORG",
    "country, province or city": "GPE",
    "region, continent or sea": "LOC",
    "building or facility": "FAC",
    "event": "EVENT",
    "product, weapon or vehicle": "PROD",
    "law, treaty, initiative or work": "MISC",
}
"""What the model is asked for, and the native type that it stands for."""

THRESHOLD = 0.5
"""How sure the model must be."""


def make(argument: str) -> Extractor:
    """The extractor of a model's folder, or of its name on the hub; the model is loaded here.

    Mentions may lie inside one another. What is too long for the model is read in windows of whole
    words.

    Raises:
        UnknownExtractorError: the model cannot be loaded.
    """
    from gliner import GLiNER

    try:
        model = GLiNER.from_pretrained(argument, local_files_only=Path(argument).is_dir())
        splitter, tokenizer = (
            model.data_processor.words_splitter,
            model.data_processor.transformer_tokenizer,
        )
    except Exception as error:  # whatever is in the folder or comes from the hub
        reason = str(error).partition("\n")[0]
        raise UnknownExtractorError(
            f"gliner:{argument}: no model that can be loaded; give its folder, or its name on the hub: {reason}"
        ) from error

    # The question stands before the text, a marker before each name and one behind all.
    question = sum(len(tokenizer(name)["input_ids"]) + 1 for name in TYPES) + 1
    # A word is a piece or more, so what is short enough in pieces is so in words.
    room = min(model.config.max_len, longest(tokenizer, model.config.encoder_config) - question)

    def find(line: Line) -> tuple[str, list[Found]]:
        words = [(start, end) for word, start, end in splitter(line.text)]
        sizes = [
            len(tokenizer(line.text[start:end], add_special_tokens=False)["input_ids"])
            for start, end in words
        ]
        found = []
        for first, last in windows(sizes, room):
            begin, end = words[first][0], words[last - 1][1]
            said = model.predict_entities(
                line.text[begin:end], list(TYPES), flat_ner=False, threshold=THRESHOLD
            )
            found += [
                Found(begin + one["start"], begin + one["end"], TYPES[one["label"]]) for one in said
            ]
        return line.text, found

    return on_lines(f"gliner:{argument}", "entities", find)
