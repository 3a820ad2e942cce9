"""The command ``vinewsie``: arguments only. What a command does is in the module that it calls."""

from __future__ import annotations

import click

from vinewsie._version import __version__
from vinewsie.cli import annotation, data, label_studio, scoring


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="vinewsie")
def main() -> None:
    """Score information extraction from Vietnamese news: entities, dates, quotations and who said
    them.
    """


for command in (
    scoring.score,
    scoring.run,
    scoring.compare,
    scoring.leaderboard,
    scoring.extractors,
    scoring.measures,
    scoring.bench,
    data.validate,
    data.convert,
    data.formats,
    data.build,
    data.agreement,
    annotation.new_article,
    annotation.adjudicate,
    label_studio.label_studio,
):
    main.add_command(command)
