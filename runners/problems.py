"""What people, not we, must mend: it ends a run with a sentence for them, and pages nobody."""


class Problem(Exception):
    """A run can't come to anything. `reason` is a word for programs, the message a sentence for people."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
