"""Options that several commands share.

Belongs here: annotated options and what they stand for. Does not belong here: commands.
"""

from pathlib import Path
from typing import Annotated

import typer

from core import settings as configuration
from core.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Home = Annotated[Path | None, typer.Option("--home", help="State folder (default: MEDISYNC_HOME or .medisync).")]


def settings_of(home: Path | None) -> Settings:
    """Return the settings of the environment, with this state folder where one is named."""
    settings = configuration.load()
    return settings if home is None else settings.model_copy(update={"home": home})
