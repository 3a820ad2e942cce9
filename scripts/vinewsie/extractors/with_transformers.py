"""The extractor ``hf:MODEL``: token classification with transformers, on the CPU, with the model's
labels.

A line is split into words, as in the training data of such models; the first token of a word
decides its tag. So tokenizers without offsets (PhoBERT's) work too. A line that is too long for the
model is read in windows of whole words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vinewsie.extractors.catalogue import Extractor, UnknownExtractorError
from vinewsie.extractors.lines import DocumentLine, ToolSpan, on_lines
from vinewsie.extractors.windows import longest, windows
from vinewsie.formats.tags import NO_LABEL, chunks

_WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")


def make(argument: str) -> Extractor:
    """The extractor of a model's folder, or of its name on the hub; the model is loaded here.

    Raises:
        UnknownExtractorError: the model cannot be loaded, or was not trained to classify tokens.
    """
    tagger = TokenTagger(argument)

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        spans, tags = tagger.tags(line.text)
        mentions = [
            ToolSpan(spans[first][0], spans[last - 1][1], None if label == NO_LABEL else label)
            for first, last, label in chunks(tags)
        ]
        return line.text, mentions

    return on_lines(f"hf:{argument}", "entities", find)


class TokenTagger:
    """A model for token classification, with its tokenizer.

    Args:
        name: the model's folder, or its name on the hub.

    Raises:
        UnknownExtractorError: the model cannot be loaded, or was not trained to classify tokens.
    """

    def __init__(self, name: str) -> None:
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        try:
            # Words are encoded one by one; a tokenizer that treats the space as part of the word
            # needs it before each.
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name, add_prefix_space=True)
            model, loading = AutoModelForTokenClassification.from_pretrained(
                name, output_loading_info=True
            )
        except Exception as error:  # depends on the content of the folder
            reason = str(error).partition("\n")[0]
            raise UnknownExtractorError(
                f"hf:{name}: no model that can be loaded; "
                f"give its folder, or its name on the hub: {reason}"
            ) from error
        if loading["missing_keys"]:
            missing = ", ".join(sorted(loading["missing_keys"]))
            raise UnknownExtractorError(
                f"hf:{name}: was not trained to classify tokens: it lacks {missing}"
            )
        self._model: Any = model.eval()
        self._before, self._after = self._special()
        self._room = longest(self._tokenizer, model.config) - len(self._before) - len(self._after)

    def tags(self, text: str) -> tuple[list[tuple[int, int]], list[str]]:
        """The spans of the words of a text, and a tag for each."""
        words = [
            (match.span(), pieces)
            for match in _WORD.finditer(text)
            if (pieces := self._pieces(match.group()))
        ]
        tags: list[str] = []
        for first, last in windows([len(pieces) for _, pieces in words], self._room):
            tags += self._window([pieces for _, pieces in words[first:last]])
        return [span for span, _ in words], tags

    def _window(self, words: Sequence[Sequence[int]]) -> list[str]:
        import torch

        pieces, firsts = list(self._before), []
        for word in words:
            firsts.append(len(pieces))
            pieces += word
        with torch.inference_mode():
            logits = self._model(input_ids=torch.tensor([[*pieces, *self._after]])).logits[0]
        names = self._model.config.id2label
        return [names[best] for best in logits[firsts].argmax(-1).tolist()]

    def _pieces(self, word: str) -> list[int]:
        pieces: list[int] = self._tokenizer(word, add_special_tokens=False)["input_ids"]
        return pieces[: self._room]

    def _special(self) -> tuple[list[int], list[int]]:
        """The special tokens before and after a text."""
        bare = self._tokenizer("a", add_special_tokens=False)["input_ids"]
        whole = self._tokenizer("a")["input_ids"]
        start = next(
            start for start in range(len(whole)) if whole[start : start + len(bare)] == bare
        )
        return whole[:start], whole[start + len(bare) :]
