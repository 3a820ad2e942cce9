"""``python -m vinewsie``."""

from vinewsie.cli import main

if __name__ == "__main__":
    main(prog_name="vinewsie")
