"""A model that follows a script: it speaks every protocol that the agents speak, and needs no key and no network."""

from bot.mock_model.model import MockModel
from bot.mock_model.script import Script

__all__ = ["MockModel", "Script"]
