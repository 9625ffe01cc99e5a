"""The command language: `/async-code <verb> [flags] [free text]`. Pure: text in, commands and mistakes out."""

from handlers.grammar.commands import SLUG, Command, Found, find, mentions, new
from handlers.grammar.flags import FLAGS, Flag, Flags
from handlers.grammar.mistakes import Mistake, nearest
from handlers.grammar.verbs import VERBS, Verb

__all__ = [
    "FLAGS",
    "SLUG",
    "VERBS",
    "Command",
    "Flag",
    "Flags",
    "Found",
    "Mistake",
    "Verb",
    "find",
    "mentions",
    "nearest",
    "new",
]
