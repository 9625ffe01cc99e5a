"""Hidden marks by which the bot finds its own text again. A mark counts only in a comment of this App."""


def status_marker(task_id: str) -> str:
    """Marks a task's one status comment."""
    return f"<!-- async-code task={task_id} -->"


def reply_marker(command_id: str) -> str:
    """Marks the comment that answers a command."""
    return f"<!-- async-code reply={command_id} -->"


def review_marker(run_id: str) -> str:
    """Marks a run's review."""
    return f"<!-- async-code review={run_id} -->"


def marked(marker: str, text: str) -> str:
    """The text with its mark."""
    return f"{marker}\n{text}"
