"""``python -m vinewsie``."""

from vinewsie.cli import main

main(prog_name="vinewsie")
