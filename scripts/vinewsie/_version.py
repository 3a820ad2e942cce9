"""The version of the package. The scorer's numbers are its product: see CHANGELOG.md, "Scores
change".
"""

__version__ = "0.2.0"
