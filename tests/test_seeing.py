"""An agent that reads images is given those that people attached on GitHub, and nothing is asked for anywhere else."""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest

from runners import run_events
from runners.downloads import MOST_BYTES
from tests.conftest import MakeWorld
from tests.listening import Listener, listening
from tests.world import REPO, World

# Writes down what it was asked, and of each image in its home the name, the sum and whether it could write there.
AGENT = """sh -c 'cat > asked.txt; [ -d ~/images ] || exit 0
cd ~/images && for one in *; do echo "$one $(sha256sum < $one) $(stat -c %a $one)"; done > "$OLDPWD/seen.txt"'"""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
GIF = b"GIF89a" + b"\0\xff" * 500


@pytest.fixture
def seeing(new_world: MakeWorld) -> World:
    """A world whose default agent looks at what is in its home."""
    return new_world(agent_command=AGENT, default_agent="command")


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    """A host that nobody must ask for anything."""
    with listening() as listener:
        yield listener


def attached(world: World, content: bytes = PNG, media_type: str = "image/png") -> str:
    return world.hub.attach(REPO, content, "alice", media_type)


def done(world: World, body: str, command: str = "/async-code implement what it shows") -> None:
    """An issue with that text, and the work on it."""
    world.comment(command, on=world.issue(body=body))
    world.work()
    assert [run.state for run in world.run_rows()] == ["done"]


def asked(world: World) -> str:
    return world.hub.file_at(REPO, world.pull_request.head, "asked.txt") or ""


def seen(world: World) -> list[str]:
    return (world.hub.file_at(REPO, world.pull_request.head, "seen.txt") or "").splitlines()


def steps(world: World) -> list[str]:
    """What the run page was told, in order."""
    (run,) = world.run_rows()
    with world.database.read() as connection:
        return [event.data["text"] for event in run_events.since(connection, run.id) if event.kind == "step"]


def asked_by_plain_address(world: World) -> list[Any]:
    """What GitHub.com answers with a way to a storage that is not its own."""
    return [call for call in world.hub.calls if "user-attachments" in call.path]


def as_seen(name: str, content: bytes) -> str:
    return f"{name} {sha256(content).hexdigest()}  - 400"


def test_images_of_the_issue_lie_in_the_agents_home_byte_for_byte(seeing: World) -> None:
    first, second = attached(seeing), attached(seeing, GIF, "image/gif")
    done(seeing, f'Look:\n\n![as it was]({first})\n\n<img width="800" height="600" alt="as it is" src="{second}" />')
    assert seen(seeing) == [as_seen("1.png", PNG), as_seen("2.gif", GIF)]
    assert "# Images of the issue\nFiles of your home directory" in asked(seeing)
    assert f"\n~/images/1.png: {first}\n~/images/2.gif: {second}\n" in asked(seeing)
    assert "as it" not in asked(seeing) and "could not be fetched" not in asked(seeing)
    assert seeing.hub.diff(REPO, "main", seeing.pull_request.head).count("diff --git") == 2, "they come into no patch"


def test_an_image_of_a_private_repository_is_fetched_by_its_signed_address(seeing: World) -> None:
    seeing.hub.add_repository("octo", "secret", {"app.py": "x = 1\n"}, private=True)
    seeing.hub.set_role("octo/secret", "alice", "write")
    url = seeing.hub.attach("octo/secret", PNG, "alice")
    number = seeing.issue(body=f"![]({url})", repo="octo/secret")
    seeing.comment("/async-code implement it", on=number, repo="octo/secret")
    seeing.work()
    (pull,) = seeing.hub.pulls("octo/secret")
    assert seeing.hub.file_at("octo/secret", pull.head, "seen.txt") == as_seen("1.png", PNG) + "\n"
    paths = [call.path for call in seeing.hub.calls]
    assert url.removeprefix(seeing.hub.url) not in paths, "the address in the text leads nowhere without a login"
    assert len([path for path in paths if path.startswith("/private-user-images/")]) == 1


def test_an_image_of_the_command_itself_is_given_after_those_of_the_issue(seeing: World) -> None:
    on_issue, below = attached(seeing), attached(seeing, GIF, "image/gif")
    done(seeing, f"![]({on_issue})", f"/async-code implement like this\n![]({below}) and not ![]({on_issue})")
    assert seen(seeing) == [as_seen("1.png", PNG), as_seen("2.gif", GIF)]
    assert not asked_by_plain_address(seeing)


def test_an_image_of_a_command_in_an_issue_is_asked_for_once(seeing: World) -> None:
    seeing.issue(body=f"/async-code implement like this\n![]({attached(seeing)})")
    seeing.work()
    assert seen(seeing) == [as_seen("1.png", PNG)]
    (task,) = seeing.task_rows()
    assert task.source.startswith("issue/") and not asked_by_plain_address(seeing)
    assert not [call for call in seeing.hub.calls if re.search(r"/comments/\d+$", call.path) and call.method == "GET"]


SAID: dict[str, Callable[[World, int, str], object]] = {
    "comment": lambda world, number, text: world.comment(text, on=number),
    "review_comment": lambda world, number, text: world.review_comment(number, "NEWS.md", 1, text),
    "review": lambda world, number, text: world.review(number, text),
}


@pytest.mark.parametrize("kind", SAID)
def test_an_image_is_had_from_where_the_command_was_written_on_a_pull_request(seeing: World, kind: str) -> None:
    SAID[kind](seeing, seeing.pull(), f"/async-code implement like this\n![]({attached(seeing)})")
    seeing.work()
    (task,) = seeing.task_rows()
    assert [run.state for run in seeing.run_rows()] == ["done"] and task.source.startswith(f"{kind}/")
    assert (seeing.hub.file_at(REPO, "feature", "seen.txt") or "").splitlines() == [as_seen("1.png", PNG)]
    assert not asked_by_plain_address(seeing)


def test_what_lies_elsewhere_is_never_asked_for(seeing: World, elsewhere: Listener) -> None:
    uuid = attached(seeing).rpartition("/")[2]
    done(
        seeing,
        f"![](http://169.254.169.254/user-attachments/assets/{uuid}) ![]({elsewhere.url}/x.png)\n"
        f"![]({elsewhere.url}/user-attachments/assets/{uuid})\n"
        f"<img src='{elsewhere.url}/user-attachments/assets/{uuid}'>\n![]({seeing.hub.url}/octo/app/raw/main/x.png)",
    )
    assert elsewhere.paths == [] and seen(seeing) == []
    assert "Images of the issue" not in asked(seeing)
    assert not asked_by_plain_address(seeing)


@pytest.mark.parametrize("path", ["/x.png", "/user-attachments/assets/00000000-0000-4000-8000-000000000000"])
def test_a_redirect_to_another_host_is_not_followed(seeing: World, elsewhere: Listener, path: str) -> None:
    url = attached(seeing)
    seeing.hub.faults.add("GET", "^/private-user-images/", 302, headers={"Location": f"{elsewhere.url}{path}"})
    done(seeing, f"![]({url})")
    assert elsewhere.paths == [] and seen(seeing) == []
    assert "# Images of the issue\n1 of 1 image could not be fetched." in asked(seeing)


def test_one_that_is_too_large_or_no_image_is_left_out_and_the_others_are_given(seeing: World) -> None:
    large = attached(seeing, PNG + bytes(MOST_BYTES))
    page = attached(seeing, b"<html><script>1</script>", "image/png")
    mislabelled = attached(seeing, PNG, "text/html")
    drawn = attached(seeing, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    fine = attached(seeing)
    done(seeing, "\n".join(f"![]({url})" for url in (large, page, mislabelled, drawn, fine)))
    assert seen(seeing) == [as_seen("1.png", PNG)]
    assert f"~/images/1.png: {fine}\n4 of 5 images could not be fetched." in asked(seeing)


def test_what_nobody_sees_is_not_given(seeing: World) -> None:
    url = attached(seeing)
    hidden = (f"<!-- ![]({url}) -->", f"`![]({url})`", f"```\n![]({url})\n```", f"    ![]({url})", f"[a link]({url})")
    done(seeing, "\n\n".join([*hidden, f'<img width="1" height="1" src="{url}">', f"<!-- <img src='{url}'>"]))
    assert seen(seeing) == [] and "Images of the issue" not in asked(seeing)
    assert not [call for call in seeing.hub.calls if "user-images" in call.path]


def test_of_six_images_the_first_five_are_given(seeing: World) -> None:
    images = [PNG + bytes([number]) for number in range(6)]
    done(seeing, " ".join(f"![]({attached(seeing, image)})" for image in images))
    assert seen(seeing) == [as_seen(f"{number}.png", image) for number, image in enumerate(images[:5], 1)]
    assert "The texts show 6 images; only the first 5 are given." in asked(seeing)


def test_one_that_can_not_be_fetched_costs_no_run_and_is_named(seeing: World) -> None:
    first, second = attached(seeing), attached(seeing, GIF, "image/gif")
    seeing.hub.faults.add("GET", "^/private-user-images/", 502)
    done(seeing, f"![]({first}) ![]({second})")
    assert seen(seeing) == [as_seen("1.gif", GIF)]
    said = "1 of 2 images could not be fetched."
    assert said in asked(seeing) and said in steps(seeing)


def test_a_github_that_refuses_to_tell_where_they_lie_costs_no_run(seeing: World) -> None:
    first, second = attached(seeing), attached(seeing)
    seeing.hub.faults.add("GET", "/issues/1$", 403, times=9)
    seeing.hub.faults.add("GET", r"/comments/\d+$", 403, times=9)
    seeing.hub.faults.add("GET", "^/user-attachments/", 404, times=9)
    done(seeing, f"![]({first})", f"/async-code implement it\n![]({second})")
    assert seen(seeing) == [] and "2 of 2 images could not be fetched." in asked(seeing)


def test_an_agent_that_reads_no_images_has_none_fetched(world: World) -> None:
    url = attached(world)
    world.comment("/async-code implement it", on=world.issue(body=f"![]({url})"))
    world.work()
    assert [run.state for run in world.run_rows()] == ["done"]
    assert not [call for call in world.hub.calls if "user-images" in call.path]
