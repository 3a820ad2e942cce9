"""Django settings of a local server: those of Label Studio, with the templates beside this file
before its own.
"""

from pathlib import Path

# Label Studio's own settings read those that are made so far, while they are made.
from core.settings.base import *  # noqa: F403
from label_studio.core.settings.label_studio import *  # noqa: F403
from label_studio.core.settings.label_studio import TEMPLATES

TEMPLATES[0]["DIRS"].insert(0, str(Path(__file__).with_name("templates")))
