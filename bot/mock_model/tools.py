"""Picks the tool that the client declared for what a script wants, and gives it the arguments that it asks for."""

import re
import shlex
from collections.abc import Mapping, Sequence
from posixpath import join
from typing import Any

from bot.mock_model.conversation import Conversation, Tool
from bot.mock_model.script import Called, Replace, Shell, Spawn, Write, marker

# Names of the field, the most telling first.
WRITERS = ("Write", "write_file", "write", "create", "create_file")
PATCHERS = ("apply_patch",)
SHELLS = ("Bash", "bash", "run_shell_command", "exec_command", "shell_command", "shell", "local_shell")
SPAWNERS = ("Task", "Agent", "task", "agent", "spawn_agent")

PATHS = ("file_path", "filePath", "path", "absolute_path")
TEXTS = ("content", "file_text", "contents")
COMMANDS = ("command", "cmd")
PROMPTS = ("prompt", "message", "task")
AGENTS = ("subagent_type", "agent_type", "agent_name")

PATCHES = ("input", "patchText", "patch")

FOLDER = re.compile(r"(?i)(?:working (?:in the )?directory:|<cwd>|workspace directories:\**\s+-)\s*(/[^\s<]*)")
SED = re.compile(r"[\\/&.*\[\]^$]")  # what means something in a pattern or behind it
ESCAPED = r"\\\g<0>"
USUAL_FOLDER = "/workspace"
NEWLINE = "\n"
END = "MOCK_MODEL_END"

Values = Mapping[tuple[str, ...], str]  # by each name that an argument may have
Picked = tuple[Tool, Mapping[str, Any] | str]


def pick(step: Called, conversation: Conversation) -> Picked | None:
    """The tool and its arguments; None where the client declared none that could do it."""
    match step:
        case Write(path, text):
            return _write(join(folder(conversation.told), path), path, text, conversation.tools)
        case Replace(path, old, new):
            return _shell(as_sed(path, old, new), conversation.tools)
        case Shell(command):
            return _shell(command, conversation.tools)
        case Spawn(agent, script, prompt):
            values: Values = {AGENTS: agent, PROMPTS: f"{prompt} {marker(script)}", ("description",): prompt}
            return _filled(_first(SPAWNERS, conversation.tools), values)


def folder(told: str) -> str:
    """Where the client works, if its system prompt says so: many tools want absolute paths."""
    found = FOLDER.search(told)
    return found[1] if found else USUAL_FOLDER


def _write(place: str, path: str, text: str, tools: Sequence[Tool]) -> Picked | None:
    writer, patcher = _first(WRITERS, tools), _first(PATCHERS, tools)
    if writer:
        return writer, filled(writer, {PATHS: place, TEXTS: text})
    if patcher:
        patch = as_patch(path, text)
        return patcher, patch if patcher.freeform else filled(patcher, {PATCHES: patch})
    folder_of = shlex.quote(path.rpartition("/")[0] or ".")
    return _shell(
        f"mkdir -p {folder_of} && cat > {shlex.quote(path)} <<'{END}'\n{text.removesuffix(NEWLINE)}\n{END}", tools
    )


def _shell(command: str, tools: Sequence[Tool]) -> Picked | None:
    return _filled(_first(SHELLS, tools), {COMMANDS: command})


def _filled(tool: Tool | None, values: Values) -> Picked | None:
    return (tool, filled(tool, values)) if tool else None


def _first(names: Sequence[str], tools: Sequence[Tool]) -> Tool | None:
    declared = {tool.name: tool for tool in tools}
    return next((declared[name] for name in names if name in declared), None)


def as_patch(path: str, text: str) -> str:
    """A new file in the form that `apply_patch` reads."""
    lines = "".join(f"+{line}\n" for line in text.splitlines())
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"


def as_sed(path: str, old: str, new: str) -> str:
    """A command line that changes the first such line."""
    script = f"0,/^{SED.sub(ESCAPED, old)}$/s//{SED.sub(ESCAPED, new)}/"
    return f"sed -i {shlex.quote(script)} {shlex.quote(path)}"


def filled(tool: Tool, values: Values) -> dict[str, Any]:
    """Arguments: each value under the one of its names that the tool has, and examples of all else that it requires."""
    arguments: dict[str, Any] = example(tool.schema)
    for names, value in values.items():
        name = next((name for name in names if name in tool.properties), names[0])
        is_list = schema_type(tool.properties.get(name, {})) == "array"
        arguments[name] = ["bash", "-lc", value] if is_list else value
    return arguments


def example(schema: Mapping[str, Any]) -> Any:
    """The smallest value that a JSON schema takes, as far as agents' schemas go."""
    if schema.get("enum"):
        return schema["enum"][0]
    match schema_type(schema):
        case "object":
            properties = schema.get("properties") or {}
            return {name: example(properties.get(name, {})) for name in schema.get("required") or ()}
        case "array":
            return []
        case "boolean":
            return False
        case "integer" | "number":
            return schema.get("minimum", 0)
    return "by the script"


def schema_type(schema: Mapping[str, Any]) -> str:
    """The type, in lower case (Gemini writes it in capitals), of one that may allow several."""
    named = schema.get("type", "object" if "properties" in schema else "")
    return str(named[0] if isinstance(named, list) and named else named).lower()
