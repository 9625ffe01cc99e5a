"""The demo's terminal: the journey as a list that fills, then the diff and where to look."""

from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from bot.demo.journey import Ended, Progress
from bot.demo.stage import COMMAND, Stage
from bot.embedded.keeper import State
from runners.wording.hidden import bare

SERVICES = 5  # broker, web, control, runs, beat


class Screen:
    """Shows what happens: drawn anew in a terminal, line after line elsewhere."""

    def __init__(self, console: Console, services: int = SERVICES) -> None:
        self._console, self._services = console, services
        self._ready: list[str] = []
        self._progress = Progress()
        self._said: list[str] = []
        self._live = Live(console=console, get_renderable=self._draw, refresh_per_second=12, transient=False)

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Draws no more; what was drawn stays."""
        self._live.stop()

    def process(self, name: str, state: State) -> None:
        """A process of the stack came to a state."""
        if state is State.READY and name not in self._ready:
            self._ready.append(name)
            self._say(f"{name} is up")

    def update(self, progress: Progress) -> None:
        """Shows how far the command has come."""
        self._progress = progress
        for line in _lines(progress):
            self._say(line)

    def show(self, ended: Ended) -> None:
        """What came of it, and where to look at it."""
        lines = ended.patch.decode("utf-8", "replace").splitlines()
        diff = "\n".join(line for line in lines if not line.startswith("index "))
        if diff:
            self._console.print(
                Panel(Syntax(diff, "diff", theme="ansi_dark", word_wrap=True), title="The diff", expand=False)
            )
        self._console.print(_addresses(ended))

    def _say(self, line: str) -> None:
        """Without a terminal each thing is said once."""
        if not self._console.is_terminal and line not in self._said:
            self._said.append(line)
            self._console.print(line)

    def _draw(self) -> RenderableType:
        stack = f"stack up: {', '.join(self._ready)}" if self._ready else ""
        done = len(self._ready) >= self._services
        rows = Table.grid(padding=(0, 1))
        rows.add_row(*_mark(done, f"{stack or 'starting the stack'}"))
        if done:
            _fill(rows, self._progress)
        asked = Text.assemble(("a maintainer comments  ", "dim"), (COMMAND, "bold"))
        return Group(asked, rows)


def welcome(stage: Stage) -> RenderableType:
    """What a person can do now."""
    return Panel(
        Text.assemble(
            "Everything stays up. Open the local GitHub, comment on issues, and watch them become pull requests:\n\n",
            (f"  {stage.hub.url}/{stage.sample.repository}\n\n", "bold"),
            "Try ",
            ("/async-code help", "bold"),
            " or ",
            ("/async-code status", "bold"),
            ", the label ",
            ("async-code", "bold"),
            " on an issue, and Re-run on a check run. Ctrl-C ends it.",
        ),
        title="Your turn",
        expand=False,
    )


def _lines(progress: Progress) -> list[str]:
    steps = (progress.accepted, progress.queued, progress.working, progress.pushed, progress.opened, progress.failed)
    return [step for step in steps if step]


def _fill(rows: Table, progress: Progress) -> None:
    """The steps that are done, the one under way, and the agent's last words."""
    done = _lines(progress)
    for line in done:
        finished = line is not done[-1] or bool(progress.opened)
        rows.add_row(*_mark(finished and line != progress.failed, line, bad=line == progress.failed))
    if not done:
        rows.add_row(*_mark(False, "the webhook is on its way"))
    if progress.working and not progress.pushed:
        for said in progress.at_work:
            rows.add_row("", Text(f"  {bare(said)[:110]}", style="dim"))


def _mark(finished: bool, line: str, bad: bool = False) -> tuple[RenderableType, RenderableType]:
    if bad:
        return Text("✘", style="red"), Text(line, style="red")
    return (Text("✔", style="green") if finished else Spinner("dots", style="cyan")), Text(line)


def _addresses(ended: Ended) -> RenderableType:
    stage = ended.stage
    rows = Table.grid(padding=(0, 2))
    if ended.pull_request:
        rows.add_row("Pull request", stage.pull_url(ended.pull_request))
    rows.add_row("Conversation", stage.issue_url(ended.number))
    rows.add_row("Run page", ended.run.url or f"{stage.bot_url}/runs/{ended.run.id}")
    rows.add_row("Time", f"{ended.seconds:.1f} s from the comment to the end")
    return rows
