"""What a repository may wish, and what is said of a file that wishes something else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.repository_file import MOST_BYTES, BadFile, Wishes, read, schema

WHOLE = """
agents: [claude-code, codex]
model: {claude-code: sonnet}
triggers:
  label: async-code-please
  issue_body: false
allow: {roles: [maintain, admin], users: [alice]}
base: develop
pull_request: {draft: true}
protect: ["infra/**", "*.lock"]
limits: {budget_usd: 3, timeout_minutes: 40, files: 200, lines: 5000}
"""


def test_a_whole_file_is_read() -> None:
    wishes = read(WHOLE)
    assert wishes.agents == ["claude-code", "codex"]
    assert (wishes.triggers.label, wishes.triggers.issue_body) == ("async-code-please", False)
    assert (wishes.allow.all_roles, wishes.allow.users) == (["maintain", "admin"], ["alice"])
    assert (wishes.base, wishes.pull_request.draft, wishes.model) == ("develop", True, {"claude-code": "sonnet"})
    assert wishes.bounds == {
        "budget_usd": 3,
        "timeout_minutes": 40,
        "files": 200,
        "lines": 5000,
        "protect": ["infra/**", "*.lock"],
    }


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_wishes_nothing(text: str) -> None:
    assert read(text) == Wishes()
    assert Wishes().bounds == {}


def test_the_label_can_be_switched_off() -> None:
    assert read("triggers: {label: null}").triggers.label is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agent: [codex]", "line 1, column 1: there is no key `agent`; did you mean `agents`?"),
        ("base: main\nlimits:\n  budget: 3", "line 3, column 3: there is no key `budget`; did you mean `budget_usd`?"),
        ("base: main\nxyz: 1", "line 2, column 1: there is no key `xyz`. There are `agents`, "),
        ("limits: {files: 0}", "line 1, column 17: `limits.files`: input should be greater than or equal to 1."),
        ("limits: {files: many}", "line 1, column 17: `limits.files`: input should be a valid integer"),
        ("agents:\n  - codex\n  - Not A Name", "line 3, column 5: `agents`: string should match"),
        ("allow: {roles: [read]}", "line 1, column 17: `allow.roles`: input should be 'write', 'maintain' or 'admin'"),
        ("triggers: {label: please}", "line 1, column 19: `triggers.label`: string should match"),
        ("? {0,[]:[]}", "it is no YAML"),
        ("1: 2", "line 1"),
        ("model: {codex: --yolo}", "line 1, column 16: `model.codex`: string should match"),
        ("base: --upload-pack=x", "line 1, column 7: `base`: string should match"),
        ("limits: {budget_usd: .inf}", "line 1, column 22: `limits.budget_usd`"),
        ("protect: ['!x']", "line 1, column 11: `protect`"),
        ("protect: [/]", "line 1, column 11: `protect`"),
        ("- agents", "line 1: it must hold keys and values"),
        ("agents: [codex", "line 1, column"),
        ("agents: []\nagents: [codex]", "line 2, column 1"),
        ("x" * (MOST_BYTES + 1), "16,385 characters"),
        ("\0", "it is no YAML"),
        ("[" * 5000, "line 1: it is nested more than 10 deep."),
        ("{a: " * 3000, "line 1: it is nested more than 10 deep."),
        ("a: &x [1]\nb: *x", "line 2: it repeats itself by an alias"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadFile) as refused:
        read(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.text() | st.sampled_from(WHOLE.split()).map(lambda word: WHOLE.replace(word, "?")))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except BadFile as refusal:
        assert str(refusal)


def test_the_schema_names_each_key_and_what_it_means() -> None:
    made = schema()
    assert json.loads(json.dumps(made)) == made
    assert set(made["properties"]) == set(Wishes.model_fields)
    assert made["additionalProperties"] is False
    assert made["properties"]["agents"]["description"]
