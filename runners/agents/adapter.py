"""What every coding agent's adapter answers. An adapter is pure: it names a command line and reads what that prints."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

# Where a sandbox shows the agent its workspace and the project's own programs (read-only).
WORKSPACE = "/workspace"
PROGRAMS = "/programs"

# In bytes; a longer line of an agent's output comes in pieces, each as long as that but the last.
LONGEST_LINE = 64 * 1024

# A model's protocol: Anthropic Messages, OpenAI Chat Completions, OpenAI Responses, Gemini.
Wire = Literal["anthropic", "openai-chat", "openai-responses", "gemini"]

# Where the gateway speaks each inside a sandbox. What is here ends where a CLI's own base URL ends.
GATEWAY = "http://127.0.0.1:4100"
PROXY_PORT = 4101
BASES: Mapping[Wire, str] = {
    "anthropic": f"{GATEWAY}/anthropic",
    "openai-chat": f"{GATEWAY}/openai/v1",
    "openai-responses": f"{GATEWAY}/openai/v1",
    "gemini": f"{GATEWAY}/gemini",
}


@dataclass(frozen=True)
class Brief:
    """What an agent is given. Texts are data from people: they reach it on standard input, never as arguments."""

    verb: str
    text: str  # the command's own text, as it was in the webhook
    title: str = ""  # of the issue or pull request
    body: str = ""
    background: Sequence[tuple[str, str]] = ()  # headings, and what stands below each: from people, checks, agents
    images: Sequence[str] = ()  # files of its home that it may look at, by relative path
    model: str | None = None
    minutes: float = 40
    argv: Sequence[str] = ()  # the operator's command line, for the `command` agent
    credential: str = ""  # what the gateway knows this attempt by; stands where a CLI wants its API key


@dataclass(frozen=True)
class AgentEvent:
    """One thing that an agent did, as the run page and the comment show it. `data` is JSON."""

    kind: Literal[
        "step",
        "text",
        "tool_call",
        "tool_result",
        "usage",
        "retry",
        "error",
        "agent_spawned",
        "agent_progress",
        "agent_finished",
        "raw",
    ]
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Usage:
    """What the models took: tokens as counts, cost in US dollars (None where nobody knows it)."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


Killed = Literal["cancelled", "time", "idle", "output", "disk", "memory", "lost"]


@dataclass(frozen=True)
class Exit:
    """How a sandboxed process ended. `killed` says which limit of ours ended it, if one did.

    `out_of_memory`: a process of the sandbox was ended for want of memory, which its exit code need not tell.
    """

    code: int
    killed: Killed | None = None
    out_of_memory: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run came to, as far as its agent knows; the host adds the patch.

    `reason` is a word for programs (`tests_failed`, `does_not_apply`, …), `summary` is for people.
    """

    status: Literal["succeeded", "failed", "limit"]
    reason: str = ""
    summary: str = ""
    usage: Usage = field(default_factory=Usage)


class Agent(ABC):
    """One coding agent. A new one is a new file beside this one and a line in the table.

    What has a body here is what most of them answer.
    """

    name: str
    description: str  # one line for `help`
    wire: Wire | None = None  # the model protocol that it speaks; None where it needs no model
    probe: Sequence[
        str
    ] = ()  # the command line, inside the sandbox, that prints its version; empty where none is needed
    # The command lines that install the version which the adapter was made for; empty likewise. `{agents}` is where,
    # `{python}` the sandbox's interpreter.
    install: Sequence[str] = ()
    has_words = True  # False where it asks no model, and so has none of its own for a plan or a review
    sees = False  # True where it is known to read images from files of its home
    reads = True  # False where nothing that people wrote gets to it
    own_program = (
        False  # True where only the project's own deterministic code runs, never the repository's or a model's
    )

    def missing(self, brief: Brief) -> str | None:
        """Why the agent can't work on this, in a sentence for people; None where it can."""
        return None

    @abstractmethod
    def argv(self, brief: Brief) -> list[str]:
        """The command line inside the sandbox: no text from people, no secret.

        `{python}` stands for the sandbox's interpreter, `{programs}` for the folder of the project's own programs,
        `{home}` for the throw-away home.
        """

    def env(self, brief: Brief) -> dict[str, str]:
        """Its environment beyond the sandbox's own."""
        return {}

    def files(self, brief: Brief) -> dict[str, str]:
        """Files of its throw-away home, by relative path."""
        return {}

    @abstractmethod
    def stdin(self, brief: Brief) -> str:
        """What it reads on standard input."""

    @abstractmethod
    def reader(self) -> "Reader":
        """A fresh reader of one process's output."""


class Reader(Protocol):
    """Reads one process's output: lines as they come, then the end."""

    def feed(self, line: str) -> list[AgentEvent]:
        """What a line means. A line that nobody knows is a `raw` event, never an exception."""

    def finish(self, exit: Exit) -> Outcome:
        """What the process came to. The exit code alone is never success."""


STOPPED: Mapping[Killed, Outcome] = {
    "cancelled": Outcome("failed", "cancelled", "The run was cancelled."),
    "time": Outcome("limit", "timed_out", "The run took longer than it may."),
    "idle": Outcome("limit", "idle", "The agent printed nothing for too long."),
    "output": Outcome("limit", "too_much_output", "The agent printed more than it may."),
    "disk": Outcome("limit", "too_large", "The workspace grew larger than it may, or filled the disk."),
    "memory": Outcome("failed", "out_of_memory", "It took more memory than its sandbox has."),
    "lost": Outcome("failed", "lost", "The worker lost this run."),
}
