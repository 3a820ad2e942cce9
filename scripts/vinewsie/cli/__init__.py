"""The command ``vinewsie``: arguments only; the work is in the modules that it calls."""

from __future__ import annotations

import atexit
import gc
import logging

import rich_click as click

from vinewsie._version import __version__
from vinewsie.cli import annotation, data, label_studio, reporting, scoring
from vinewsie.cli.common import CONTEXT, Group, StderrHandler, logger

_HANDLER = StderrHandler()
_COLLECT = 100_000
"""New objects between garbage collections; more than Python's 700, since imports and records form
few cycles.
"""
_EPILOG = (
    "Example: vinewsie score -e rules",
    'Shell completion in bash: eval "$(_VINEWSIE_COMPLETE=bash_source vinewsie)"',
    "(in zsh and fish: zsh_source, fish_source)",
)

# Before it ends, Python would look for garbage among all objects of the process.
atexit.register(gc.freeze)


@click.group(cls=Group, context_settings=CONTEXT, epilog="\n\n".join(_EPILOG))
@click.version_option(__version__, prog_name="vinewsie")
def main() -> None:
    """Score information extraction from Vietnamese news: entities, dates, quotations and
    attribution.
    """
    gc.set_threshold(_COLLECT)
    logger.addHandler(_HANDLER)
    logger.setLevel(logging.INFO)


_PANELS = {
    "Scores": (
        scoring.score,
        scoring.errors,
        scoring.run,
        scoring.compare,
        reporting.report,
        reporting.thresholds,
        reporting.phenomena,
        reporting.robustness,
        scoring.leaderboard,
        scoring.bench,
    ),
    "Data": (
        data.validate,
        data.convert,
        data.build,
        data.publish,
        data.data,
        data.texts,
        data.figures,
    ),
    "Annotation": (
        annotation.new_article,
        label_studio.label_studio,
        annotation.add_pass,
        data.agreement,
        annotation.adjudicate,
        annotation.audit,
    ),
    "Listings": (scoring.measures, scoring.extractors, data.formats, data.harness),
}
for panel, commands in _PANELS.items():
    main.add_panel(click.RichCommandPanel(panel, commands=[str(one.name) for one in commands]))
    for command in commands:
        main.add_command(command)
