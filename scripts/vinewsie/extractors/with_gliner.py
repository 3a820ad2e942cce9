"""The extractor ``gliner:PATH``: a GLiNER model, given a description of each native type."""

from __future__ import annotations

from pathlib import Path

from vinewsie.extractors.catalogue import Extractor, UnknownExtractorError
from vinewsie.extractors.lines import DocumentLine, ToolSpan, on_lines
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
"""The labels that the model is given, and the native type of each."""

THRESHOLD = 0.5
"""The least probability of a mention."""


def make(argument: str) -> Extractor:
    """The extractor of a model's folder, or of its name on the hub; the model is loaded here.

    Mentions may be nested. A line that is too long for the model is read in windows of whole words.

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
    except Exception as error:  # depends on the content of the folder
        reason = str(error).partition("\n")[0]
        raise UnknownExtractorError(
            f"gliner:{argument}: no model that can be loaded; "
            f"give its folder, or its name on the hub: {reason}"
        ) from error

    # The labels precede the text, with a marker before each and one after all.
    prompt = sum(len(tokenizer(name)["input_ids"]) + 1 for name in TYPES) + 1
    # A word has at least one token, so this also keeps to the limit in words.
    room = min(model.config.max_len, longest(tokenizer, model.config.encoder_config) - prompt)

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        words = [(start, end) for word, start, end in splitter(line.text)]
        sizes = [
            len(tokenizer(line.text[start:end], add_special_tokens=False)["input_ids"])
            for start, end in words
        ]
        spans = []
        for first, last in windows(sizes, room):
            begin, end = words[first][0], words[last - 1][1]
            mentions = model.predict_entities(
                line.text[begin:end], list(TYPES), flat_ner=False, threshold=THRESHOLD
            )
            spans += [
                ToolSpan(begin + mention["start"], begin + mention["end"], TYPES[mention["label"]])
                for mention in mentions
            ]
        return line.text, spans

    return on_lines(f"gliner:{argument}", "entities", find)
