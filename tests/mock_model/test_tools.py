"""Which of a client's tools is taken for a step, and what it is given."""

import json
from typing import Any

import pytest

from bot.mock_model.conversation import Conversation, Tool
from bot.mock_model.script import Called, Shell, Spawn, Write
from bot.mock_model.tools import example, folder, pick

WRITE, SHELL = Write("a/b.txt", "one\ntwo\n"), Shell("ls -l")
PATCH = "*** Begin Patch\n*** Add File: a/b.txt\n+one\n+two\n*** End Patch\n"
TEXT = {"type": "string"}


def tool(name: str, **properties: Any) -> Tool:
    return Tool(name, {"type": "object", "properties": properties})


@pytest.mark.parametrize(
    ("step", "declared", "given"),
    [
        (WRITE, tool("Write", file_path=TEXT, content=TEXT), {"file_path": "/x/a/b.txt", "content": WRITE.text}),
        (WRITE, tool("write", filePath=TEXT, content=TEXT), {"filePath": "/x/a/b.txt", "content": WRITE.text}),
        (WRITE, tool("create", path=TEXT, file_text=TEXT), {"path": "/x/a/b.txt", "file_text": WRITE.text}),
        (WRITE, Tool("apply_patch", freeform=True), PATCH),
        (WRITE, tool("apply_patch", input=TEXT), {"input": PATCH}),
        (WRITE, tool("apply_patch", patchText=TEXT), {"patchText": PATCH}),
        (SHELL, tool("Bash", command=TEXT), {"command": "ls -l"}),
        (SHELL, tool("exec_command", cmd=TEXT), {"cmd": "ls -l"}),
        (SHELL, tool("shell", command={"type": "array"}), {"command": ["bash", "-lc", "ls -l"]}),
        (
            Spawn("coder", "part", "Go."),
            tool("Task", prompt=TEXT, subagent_type=TEXT, description=TEXT),
            {"prompt": "Go. [mock script: part]", "subagent_type": "coder", "description": "Go."},
        ),
    ],
)
def test_the_tool_that_the_client_has(step: Called, declared: Tool, given: Any) -> None:
    conversation = Conversation("m", "<cwd>/x</cwd>", [tool("other", content=TEXT), declared])
    assert pick(step, conversation) == (declared, given)


def test_a_file_is_written_by_the_shell_where_nothing_else_can() -> None:
    shell = tool("exec_command", cmd=TEXT)
    picked = pick(WRITE, Conversation("m", "", [shell]))
    assert picked and isinstance(picked[1], dict)
    assert picked[1]["cmd"] == "mkdir -p a && cat > a/b.txt <<'MOCK_MODEL_END'\none\ntwo\nMOCK_MODEL_END"
    assert pick(WRITE, Conversation("m", "", [tool("read_file")])) is None


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ("\n - Primary working directory: /a/b\n - Is a git repository", "/a/b"),
        ("<environment_context>\n  <cwd>/a/b</cwd>", "/a/b"),
        ("- **Workspace Directories:**\n  - /a/b\n- **Directory", "/a/b"),
        ("  Working directory: /a/b\n  Workspace root", "/a/b"),
        ("I'm currently working in the directory: /a/b\n", "/a/b"),
        ("* Current working directory: /a/b\n", "/a/b"),
        ("within this working directory.</description>", "/workspace"),
        ("", "/workspace"),
    ],
)
def test_where_each_agent_says_that_it_works(told: str, place: str) -> None:
    assert folder(told) == place


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "by the script"),
        ({"type": "string", "enum": ["low", "high"]}, "low"),
        ({"type": ["integer", "null"], "minimum": 3}, 3),
        ({"type": "array", "items": {}}, []),
        ({"properties": {"a": {"type": "boolean"}, "b": {}}, "required": ["a"]}, {"a": False}),
    ],
)
def test_an_example_of_a_schema(schema: Any, value: Any) -> None:
    assert json.dumps(example(schema)) == json.dumps(value)
