"""What each sandbox bounds, and what it can't: a sentence or two each, for the run page."""

from collections.abc import Mapping

BOUNDS: Mapping[str, str] = {
    "docker": (
        "A container: no network, no file of the host but the workspace, a read-only system, no privileges; bounded "
        "time, output, memory, processors, processes, workspace (looked at every few seconds); a filter of system "
        "calls. It shares the host's kernel, unless the operator's runtime brings its own."
    ),
    "bubblewrap": (
        "No network, no file of the host but a read-only /usr and the workspace, no privileges; bounded time, output, "
        "processors, processes, workspace (looked at every few seconds), memory (every second); a filter of system "
        "calls. It shares the host's kernel; it runs niced, and is the first to go when memory runs out."
    ),
    "none": (
        "NOT ISOLATED: a plain process with the bot's own rights. It can read and write whatever the bot's user can, "
        "and reach the network. Bounded: time, output, environment. A process that means to escape its end can."
    ),
}
