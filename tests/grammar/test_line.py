"""What stands on a command's line: verb, flags, text, and every way to get them wrong."""

import pytest

from handlers.grammar import FLAGS, VERBS, Command, Flags, Mistake, find, nearest


def command(text: str) -> Command:
    (found,) = find(text)
    assert isinstance(found, Command), found
    return found


def mistake(text: str) -> Mistake:
    (found,) = find(text)
    assert isinstance(found, Mistake), found
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_understood_whether_it_is_there_yet_or_not(verb: str) -> None:
    assert command(f"/async-code {verb} a b").verb == verb
    assert command(f"/ASYNC-code {verb.upper()}").verb == verb


def test_help_lists_the_verbs_that_are_there() -> None:
    there = ["implement", "compare", "pick", "apply", "plan", "approve", "revise", "fix", "review", "release"]
    assert list(VERBS) == [*there, "status", "cancel", "retry", "config", "agents", "help"]


def test_every_flag_that_a_verb_takes_is_in_the_table_and_reads_into_a_field() -> None:
    assert {name for verb in VERBS.values() for name in verb.flags} == set(FLAGS)
    assert {flag.field for flag in FLAGS.values()} <= set(vars(Flags()))


@pytest.mark.parametrize("text", ["/async-code", "/async-code  ", "  /async-code\t", "@async-code", "/async-code ?"])
def test_a_bare_name_is_help(text: str) -> None:
    assert command(text).verb == "help"


@pytest.mark.parametrize("text", ["/async-code --help", "/async-code -h", "/async-code help", "/async-code help!"])
def test_help_is_found_however_it_is_asked_for(text: str) -> None:
    assert command(text) == Command(1, "help", Flags(), "", 1)


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("--agent mend", Flags(agents=("mend",))),
        ("--agent Mend,claude-code", Flags(agents=("mend", "claude-code"))),
        ("--AGENT=mend", Flags(agents=("mend",))),
        ('--model "claude-sonnet-4-5[1m]"', Flags(model="claude-sonnet-4-5[1m]")),
        ("--model='openai/gpt-5'", Flags(model="openai/gpt-5")),
        ("--model “gpt-5”", Flags(model="gpt-5")),
        ("--base release/1.x", Flags(base="release/1.x")),
        ("--base feature#1=a+b_c", Flags(base="feature#1=a+b_c")),
        ("--draft", Flags(draft=True)),
        ("--no-draft", Flags(draft=False)),
        ("--budget 2.50", Flags(budget_usd=2.5)),
        ("--budget=$3", Flags(budget_usd=3.0)),
        ("--timeout 20", Flags(timeout_minutes=20.0)),
        ("--timeout 0.5", Flags(timeout_minutes=0.5)),
        ("--cheap", Flags(cheap=True)),
        ("--cheap --draft --timeout 5", Flags(cheap=True, draft=True, timeout_minutes=5.0)),
    ],
)
def test_flags_are_read_with_their_types(line: str, flags: Flags) -> None:
    assert command(f"/async-code implement {line}") == Command(1, "implement", flags, "", 1)
    assert command(f"/async-code {line} implement") == Command(1, "implement", flags, "", 1)
    assert command(f"/async-code implement the {line} thing") == Command(1, "implement", flags, "the thing", 1)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("implement the  retry   logic", "the  retry   logic"),
        ("implement: do it", "do it"),
        ("implement a --draft b", "a b"),
        ("implement -- --draft  is a flag", "--draft  is a flag"),
        ("implement a -- b -- --draft", "a -- b -- --draft"),
        ("implement make `run --agent x` work", "make `run --agent x` work"),
        ("implement x---y --> z --1", "x---y --> z --1"),
        ("implement use -v and —well— dashes", "use -v and —well— dashes"),
        ("implement “quoted” 'words' stay", "“quoted” 'words' stay"),
        ("implement help me", "help me"),
        ("implement ` --draft", "`"),
    ],
)
def test_words_that_are_not_flags_are_the_task(line: str, text: str) -> None:
    assert command(f"/async-code {line}").text == text


@pytest.mark.parametrize(
    ("line", "kind", "token", "near"),
    [
        ("implment x", "unknown_verb", "implment", "implement"),
        ("staus", "unknown_verb", "staus", "status"),
        ("cancle", "unknown_verb", "cancle", "cancel"),
        ("rety", "unknown_verb", "rety", "retry"),
        ("hlep", "unknown_verb", "hlep", "help"),
        ("aply", "unknown_verb", "aply", "apply"),
        ("IMPLEMNT", "unknown_verb", "IMPLEMNT", "implement"),
        ("please fix this", "unknown_verb", "please", None),
        ("thanks!", "unknown_verb", "thanks!", None),
        ("x" * 5000, "unknown_verb", "x" * 200, None),
        ("--draft", "missing_verb", "", None),
        ("-- implement", "missing_verb", "", None),
        ("implement --agnet x", "unknown_flag", "--agnet", "--agent"),
        ("implement --modle=x", "unknown_flag", "--modle", "--model"),
        ("implement --buget 3", "unknown_flag", "--buget", "--budget"),
        ("implement --timout 3", "unknown_flag", "--timout", "--timeout"),
        ("implement --nodraft", "unknown_flag", "--nodraft", "--no-draft"),
        ("implement --verbose", "unknown_flag", "--verbose", None),
        ("implement —agent mend", "unknown_flag", "—agent", "--agent"),
        ("implement –draft", "unknown_flag", "–draft", "--draft"),
        ("implement —budget=3", "unknown_flag", "—budget", "--budget"),
        ("implement -agent mend", "unknown_flag", "-agent", "--agent"),
        ("implement ---cheap", "unknown_flag", "---cheap", "--cheap"),
        ("implement --agent", "missing_value", "--agent", None),
        ("implement --agent --draft", "missing_value", "--agent", None),
        ("implement --agent -- x", "missing_value", "--agent", None),
        ("implement --model=", "missing_value", "--model", None),
        ('implement --model ""', "missing_value", "--model", None),
        ("implement --agent mend,", "bad_value", "mend,", None),
        ("implement --agent a,b,c,d,e,f,g,h,i", "bad_value", "a,b,c,d,e,f,g,h,i", None),
        ("implement --agent ../x", "bad_value", "../x", None),
        ("implement --model 'a b'", "bad_value", "a b", None),
        ("implement --draft=yes", "bad_value", "--draft=yes", None),
        ("implement --draft --no-draft", "duplicate_flag", "--no-draft", None),
        ("implement --agent a --agent b", "duplicate_flag", "--agent", None),
        ("status --agent mend", "flag_not_taken", "--agent", None),
        ("apply --model x", "flag_not_taken", "--model", None),
    ],
)
def test_a_mistake_points_at_its_token_and_names_what_was_meant(
    line: str, kind: str, token: str, near: str | None
) -> None:
    found = mistake(f"/async-code {line}")
    assert (found.kind, found.token, found.near) == (kind, token, near)
    assert found.sentence.endswith(".") and len(found.sentence) < 400
    assert near is None or f"`{near}`" in found.sentence


@pytest.mark.parametrize(
    "value", ["0", "-1", "nan", "inf", "1e3", "1_000", "٣", "3,50", "12345678", "0.00", "$", "3$", "three", "1e999"]
)
@pytest.mark.parametrize("flag", ["--budget", "--timeout"])
def test_amounts_are_plain_numbers_above_zero(flag: str, value: str) -> None:
    assert mistake(f"/async-code implement {flag} {value}").kind == "bad_value"


@pytest.mark.parametrize(
    "value",
    [
        "-x",
        "--upload-pack=x",
        "a..b",
        "a//b",
        "/a",
        "a/",
        ".a",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "a.",
        "a@{1}",
        "@",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[b",
        "a\\b",
        "ma\u202ein",
        "mäin",
        "HEAD",
        "refs/heads/main",
        "a" * 201,
        "0123456789abcdef0123456789abcdef01234567",
    ],
)
def test_a_base_branch_is_a_plain_ascii_name(value: str) -> None:
    assert mistake(f"/async-code implement --base={value}").kind == "bad_value"


def test_a_mistake_s_sentence_shows_strange_tokens_as_code() -> None:
    sentence = mistake("/async-code @everyone<img>").sentence
    assert sentence == "There is no verb `@everyone<img>`. `/async-code help` lists them all."


def test_the_prefix_and_the_alias_are_settings() -> None:
    (found,) = find("/robot status", prefix="/robot", slug="my-robot")
    assert isinstance(found, Command)
    assert find("@my-robot status", prefix="/robot", slug="my-robot") == [found]
    assert find("/async-code status", prefix="/robot", slug="my-robot") == []
    (wrong,) = find("/robot stauts", prefix="/robot", slug="my-robot")
    assert isinstance(wrong, Mistake) and "`/robot help`" in wrong.sentence


def test_nothing_is_near_a_word_that_nobody_could_have_mistyped() -> None:
    assert nearest("implement" * 10, VERBS) is None
    assert nearest("", VERBS) is None


def test_flags_are_stored_as_json() -> None:
    flags = command("/async-code implement --agent a,b --budget 3").flags
    assert flags.as_json() == {
        "agents": ["a", "b"],
        "model": None,
        "base": None,
        "draft": None,
        "budget_usd": 3.0,
        "timeout_minutes": None,
        "cheap": False,
    }
