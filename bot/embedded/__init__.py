"""The whole bot on one machine: the broker and every process of ours, started, watched and ended together."""


class StackError(Exception):
    """The stack can't run here as things are; the message says why and what to do."""
