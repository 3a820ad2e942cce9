"""How long alignment and placing take on large texts: ``python tests/placing_speed.py``."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial

from vinewsie.model import Document
from vinewsie.reading.predictions import read_predictions
from vinewsie.reading.surfaces import RESOLVERS
from vinewsie.text_map import TextMap

LINES, SURFACES = 4_000, 100_000


def changed_texts() -> Iterator[tuple[str, str, str]]:
    """Texts in which much is repeated: what they are, the changed one, and the original."""
    same = "Nga nói.\n"
    yield (
        "one line, changed at every second place",
        same * LINES,
        "".join(same if n % 2 else f"Nga nói {n}.\n" for n in range(LINES)),
    )
    yield (
        "one line, with other lines between on both sides",
        "".join(same if n % 2 else f"Ba {n}.\n" for n in range(LINES)),
        "".join(same if n % 2 else f"Mỹ x{n}.\n" for n in range(LINES)),
    )
    yield "one word, repeated in one line", "Nga " * LINES + "x", "Nga " * (LINES - 5) + "Mỹ Nga"


def surfaces() -> tuple[str, list[str]]:
    """A text of about 6 MB with surfaces that are all different, and these."""
    draw = random.Random(0)
    filling = ("ông", "bà", "nói", "rằng", "tại", "thành", "phố", "hôm", "qua", "các", "người")
    names = [f"{draw.choice(['Anh', 'Đương', 'Tuấn'])} Văn {n}" for n in range(SURFACES)]
    return " ".join(f"{' '.join(draw.choices(filling, k=7))} {name}" for name in names), names


def seconds(run: Callable[[], object]) -> str:
    """The processor time of a run."""
    begin = time.process_time()
    run()
    return f"{time.process_time() - begin:6.2f} s"


def main() -> None:
    """Prints a line for each text and each way to place surfaces."""
    for what, changed, text in changed_texts():
        print(seconds(lambda: TextMap(changed, text).kept), what)  # noqa: B023
    text, names = surfaces()
    gold = {"d": Document(doc_id="d", text=text)}
    print(f"{len(names)} surfaces in {len(text.encode()) / 1e6:.1f} MB")
    for resolve in RESOLVERS:
        for what, found in (
            ("different ones", names),
            ("one", ["ông"] * len(names)),
            ("with underscores", [name.replace(" ", "_") for name in names]),
        ):
            given = [{"doc_id": "d", "entities": [{"text": s, "type": "PER"} for s in found]}]
            placing = partial(read_predictions, given, gold, resolve=resolve)
            print(seconds(placing), resolve, what)


if __name__ == "__main__":
    main()
