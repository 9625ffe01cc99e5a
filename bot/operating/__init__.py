"""What an operator does with a deployment that is up or down: look at the queue, pause, resume, drain, try again."""


class OperatorError(Exception):
    """What was asked for can't be done; the message says why and what to do."""
