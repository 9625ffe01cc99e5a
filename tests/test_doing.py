"""What a run does with a repository, and how it ends: each way once, each in one clear answer."""

import shlex
import shutil
import time
from functools import partial

import httpx
import pytest
from pydantic import SecretStr

from bot.local_github.faults import Asked
from runners import claiming, claims, moves
from tests.conftest import MakeWorld
from tests.requirements import need
from tests.sandboxes.running import ALL
from tests.world import BUGGY, FILES, FIX, REPO, World

LOCKED = [sandbox.name for sandbox in ALL if sandbox.isolates]

SLOW = "python3 -c \"import time; print('up', flush=True); time.sleep(600)\""


def apply(path: str, content: str) -> str:
    """A command that writes one file."""
    return f"/async-code apply\n```text file={path}\n{content}\n```\n"


def until(happened: object, seconds: float = 20) -> None:
    """Waits for what another thread does."""
    deadline = time.monotonic() + seconds
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_mend_repairs_a_failing_test(world: World) -> None:
    number = world.comment("/async-code implement make the tests pass")
    world.work()
    head = world.pull_request.head
    assert "a + b" in str(world.hub.file_at(REPO, head, "app.py"))
    assert world.pull_request.title == "make the tests pass"
    assert f"Closes #{number}" in str(world.pull_request.body)
    assert head.startswith(f"async-code/{number}-add-is-wrong-r")
    assert "Pull request #" in world.reply(number)


def test_the_commit_says_which_run_made_it_and_for_whom(world: World) -> None:
    world.comment(FIX)
    world.work()
    repository = world.hub.repository(REPO).id
    message = world.hub.site.disk.commits(repository, world.pull_request.head_sha, 1)[0].message
    (run,) = world.run_rows()
    assert f"Async-Code-Run: {run.id}/1" in message
    assert "Co-authored-by: alice <" in message


def test_the_check_run_stands_on_the_branch_s_head(world: World) -> None:
    world.comment(FIX)
    world.work()
    (check,) = world.checks
    (run,) = world.run_rows()
    assert (check.name, check.external_id) == ("async-code / patch", run.id)
    assert (check.status, check.conclusion) == ("completed", "success")
    assert check.head_sha == world.pull_request.head_sha
    assert world.hub.branches(REPO)["main"] not in {one.head_sha for one in world.checks}


def test_on_a_pull_request_the_work_is_committed_to_its_branch(world: World) -> None:
    old = world.hub.commit(REPO, "topic", {"notes.txt": "hello\n"}, "alice")
    pull = world.hub.open_pull(REPO, "A topic", "topic", "main", "", "alice")
    number = world.comment(FIX, on=pull.number)
    world.decide()
    assert [check.status for check in world.checks] == ["queued"]
    world.work()
    assert len(world.pull_requests) == 1
    assert world.hub.file_at(REPO, "topic", "app.py") == BUGGY.replace("-", "+")
    assert "Committed to this pull request" in world.reply(number)
    assert {check.conclusion for check in world.checks} == {"success"}
    assert {check.head_sha for check in world.checks} == {old, world.hub.branches(REPO)["topic"]}


def test_a_persons_push_meanwhile_is_never_overwritten(world: World) -> None:
    world.hub.commit(REPO, "topic", {"notes.txt": "hello\n"}, "alice")
    pull = world.hub.open_pull(REPO, "A topic", "topic", "main", "", "alice")
    number = world.comment(FIX, on=pull.number)
    world.decide()
    theirs = world.hub.commit(REPO, "topic", {"notes.txt": "mine\n"}, "alice")
    world.work()
    assert world.hub.branches(REPO)["topic"] == theirs
    assert "moved" in world.reply(number)


def test_a_pull_request_from_a_fork_is_left_alone(world: World) -> None:
    world.hub.fork(REPO, "mallory")
    world.hub.commit("mallory/app", "topic", {"notes.txt": "x\n"}, "mallory")
    pull = world.hub.open_pull(REPO, "From a fork", "mallory:topic", "main", "", "mallory")
    number = world.comment(FIX, on=pull.number)
    world.work()
    assert "Not on a fork" in world.reply(number)
    assert world.task_rows() == []


ENDINGS = [
    (FIX.replace("a - b", "a * b"), "failed", "does not apply"),
    (apply("app.py", BUGGY.rstrip("\n")), "unchanged", "Nothing to change"),
    (apply("../outside.txt", "x"), "failed", "outside"),
    (apply(".git/config", "x"), "failed", ".git"),
    (apply(".github/workflows/ci.yml", "on: push"), "failed", "workflow"),
    ("/async-code implement --base nowhere x", "failed", "`nowhere` does not exist"),
]


def test_what_can_t_be_published_ends_in_one_clear_answer(world: World) -> None:
    for text, state, said in ENDINGS:
        number = world.comment(text)
        world.work()
        assert world.task_rows()[-1].state == state, text
        assert said in world.reply(number), text
        assert "Traceback" not in world.reply(number)
    assert (world.pull_requests, world.branches()) == ([], [])


def test_an_empty_repository_is_answered(world: World) -> None:
    world.hub.add_repository("octo", "empty", None)
    world.hub.set_role("octo/empty", "alice", "write")
    number = world.comment(apply("a.txt", "x"), repo="octo/empty")
    world.work()
    assert "push a first commit" in world.replies(number, "octo/empty")[0]


def test_tests_that_pass_already_leave_nothing_to_do(world: World) -> None:
    world.hub.commit(REPO, "main", {"app.py": BUGGY.replace("-", "+")}, "alice")
    number = world.comment("/async-code implement")
    world.work()
    assert world.pull_requests == []
    assert world.task_rows()[0].state in ("failed", "unchanged")
    assert "No test fails" in world.reply(number)


def test_a_repository_archived_meanwhile_ends_the_run(world: World) -> None:
    world.comment(FIX)
    world.decide()
    world.hub.archive(REPO)
    world.work()
    (task,) = world.task_rows()
    assert task.state == "failed"
    assert world.pull_requests == []


def test_a_repository_deleted_meanwhile_ends_the_run(world: World) -> None:
    world.comment(FIX)
    world.decide()
    world.hub.delete_repository(REPO)
    world.work()
    (task,) = world.task_rows()
    assert task.state == "failed"


def test_github_down_for_a_minute_is_waited_out(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.faults.add("POST", ".*access_tokens.*", status=502, times=3)
    for _ in range(6):
        world.work()
        world.later(60)
    assert [task.state for task in world.task_rows()] == ["done"]
    assert len(world.pull_requests) == 1
    (run,) = world.run_rows()
    assert (run.failures, run.postponed > 0) == (0, True)
    assert "Done" in world.reply(number)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ".*/pulls$"), ("POST", ".*/comments$"), ("POST", ".*/check-runs$"), ("PATCH", ".*/check-runs/.*")],
)
def test_an_effect_whose_answer_was_lost_stands_once(world: World, method: str, path: str) -> None:
    number = world.issue()
    world.hub.faults.add(method, path, status="lost_response", times=1)
    world.comment(FIX, on=number)
    for _ in range(4):
        world.work()
        world.later(30)
    assert [task.state for task in world.task_rows()] == ["done"]
    assert (len(world.pull_requests), len(world.replies(number)), len(world.checks)) == (1, 1, 1)


def test_a_push_whose_answer_was_lost_is_one_branch(world: World) -> None:
    number = world.issue()
    world.hub.faults.add("POST", ".*git-receive-pack$", status="lost_response", times=1)
    world.comment(FIX, on=number)
    for _ in range(4):
        world.work()
        world.later(30)
    assert len(world.branches()) == 1
    assert len(world.pull_requests) == 1


def test_a_worker_that_vanished_is_replaced_and_nothing_is_done_twice(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    (run,) = world.run_rows()
    with world.database.write() as connection:
        assert claiming.claim(connection, run.id, "a worker that dies", 30)
    world.work()
    assert world.pull_requests == []
    world.later(31)
    world.work()
    (run,) = world.run_rows()
    assert (run.state, run.fence, run.vanished) == ("done", 2, 0)  # it got on: nothing is held against it
    assert (len(world.pull_requests), len(world.replies(number))) == (1, 1)


def test_a_worker_that_comes_back_late_can_write_nothing(world: World) -> None:
    world.comment(FIX)
    world.decide()
    (run,) = world.run_rows()
    with world.database.write() as connection:
        stale = claiming.claim(connection, run.id, "a slow worker", 30)
    assert stale
    world.later(31)
    world.work()
    with pytest.raises(claims.LeaseLost), world.database.write() as connection:
        claims.note(connection, stale, summary="too late")
    with pytest.raises(claims.LeaseLost), world.database.write() as connection:
        moves.publish(connection, stale, patch=b"too late")


def test_cancel_ends_what_waits_at_once(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.comment("/async-code cancel", on=number)
    world.work()
    assert [task.state for task in world.task_rows()] == ["cancelled"]
    assert "Cancelled" in world.reply(number)
    assert world.reactions(number) == ["eyes", "+1"]
    assert world.pull_requests == []


def test_cancel_kills_what_runs_within_five_seconds_with_every_slot_full(new_world: MakeWorld) -> None:
    world = new_world(agent_command=SLOW, default_agent="command", run_slots=2)
    numbers = [world.comment("/async-code implement sleep") for _ in range(2)]
    world.decide()
    for run in world.run_rows():
        world.in_background(partial(world.doing.run, run.id))
    until(lambda: [run.state for run in world.run_rows()] == ["running", "running"])
    began = time.monotonic()
    world.comment("/async-code cancel", on=numbers[0])
    world.decide()
    until(lambda: "cancelled" in [run.state for run in world.run_rows()], 6)
    assert time.monotonic() - began < 5
    world.comment("/async-code cancel", on=numbers[1])
    world.decide()
    until(lambda: [run.state for run in world.run_rows()] == ["cancelled", "cancelled"])
    world.work()
    assert "Stopped by `alice`" in world.reply(numbers[0])


def test_a_run_that_takes_too_long_is_stopped(new_world: MakeWorld) -> None:
    world = new_world(agent_command=SLOW, default_agent="command", run_minutes=0.06, lease_seconds=3)
    number = world.comment("/async-code implement sleep")
    world.work()
    assert [task.state for task in world.task_rows()] == ["timed_out"]
    assert "Out of time" in world.reply(number)


def test_an_agent_that_fails_is_said_to_have_failed(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'echo no luck; exit 3'", default_agent="command")
    number = world.comment("/async-code implement x")
    world.work()
    assert [task.state for task in world.task_rows()] == ["failed"]
    assert "no luck" in world.reply(number)


def test_an_operators_command_is_an_agent(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'cat > prompt.txt'", default_agent="command")
    world.comment("/async-code implement --no-draft write a poem\nabout /etc/passwd")
    world.work()
    prompt = str(world.hub.file_at(REPO, world.pull_request.head, "prompt.txt"))
    assert "write a poem\nabout /etc/passwd" in prompt
    assert not prompt.startswith("/")


def test_a_database_that_is_away_when_the_agent_ends_costs_no_attempt(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'echo x > x.txt; sleep 2'", default_agent="command")

    def rename(old: str, new: str) -> None:
        with world.database.write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE runs RENAME COLUMN {old} TO {new}")

    number = world.comment("/async-code implement x")
    world.decide()
    (run,) = world.run_rows()
    working = world.in_background(partial(world.doing.run, run.id))
    until(lambda: "command is at work" in httpx.get(f"{world.url}/runs/{run.id}").text)
    began = time.monotonic()
    rename("seconds_used", "away")  # whatever writes it fails, as long as it is
    until(lambda: not working.is_alive() or time.monotonic() > began + 4)
    rename("away", "seconds_used")
    until(lambda: not working.is_alive())
    (run,) = world.run_rows()
    assert (run.state, run.failures, run.fence) == ("done", 0, 1)
    assert run.seconds_used > 1
    world.work()
    assert "Done" in world.reply(number)


def test_retry_does_the_same_task_again(world: World) -> None:
    number = world.comment(FIX.replace("a - b", "a * b"))
    world.work()
    world.hub.commit(REPO, "main", {"app.py": BUGGY.replace("-", "*")}, "alice")
    world.comment("/async-code retry", on=number)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]
    assert [run.round for run in world.run_rows()] == [1, 2]
    assert len(world.replies(number)) == 1
    assert "try 2" in world.reply(number)


def test_without_a_sandbox_only_patch_runs(new_world: MakeWorld) -> None:
    world = new_world(sandbox="none", environment="development")
    assert world.settings.sandbox == "none"
    world.comment(FIX)
    world.work()
    assert [run.sandbox for run in world.run_rows()] == ["none"]


@pytest.mark.parametrize("sandbox", LOCKED)
def test_locked_in_the_journey_is_the_same(new_world: MakeWorld, sandbox: str) -> None:
    need(sandbox)
    world = new_world(sandbox=sandbox)
    world.comment("/async-code implement make the tests pass")
    world.work()
    assert [run.sandbox for run in world.run_rows()] == [sandbox]
    assert "a + b" in str(world.hub.file_at(REPO, world.pull_request.head, "app.py"))


@pytest.mark.parametrize("sandbox", LOCKED)
def test_the_agents_own_git_works_and_borrows_its_objects(new_world: MakeWorld, sandbox: str) -> None:
    need(sandbox)
    script = (
        'test -z "$(git status --porcelain)" && git log -p --format=%s | grep -q "a - b" && '
        "sed -i s/a-b/a+b/ app.py && echo new > new.txt && git add --all && git -c user.name=a -c user.email=a@b.c "
        "commit --quiet --message=mine && git fsck && ! touch $(cat .git/objects/info/alternates)/x && echo done"
    )
    world = new_world(sandbox=sandbox, agent_command=shlex.join(["sh", "-exc", script]))
    world.comment("/async-code implement make the tests pass --agent command")
    world.work()
    assert [(run.state, run.detail) for run in world.run_rows()] == [("done", "")]
    assert world.hub.file_at(REPO, world.pull_request.head, "new.txt") == "new\n"


@pytest.mark.needs("docker")
def test_an_agent_that_takes_more_memory_than_there_is_is_told_so(new_world: MakeWorld) -> None:
    greedy = """sh -c 'python3 -c "bytearray(300 * 1024**2)" || exit 1'"""
    world = new_world(sandbox="docker", sandbox_memory_mb=128, agent_command=greedy)
    number = world.comment("/async-code implement make the tests pass --agent command")
    world.work()
    assert [(run.state, run.reason) for run in world.run_rows()] == [("failed", "out_of_memory")]
    assert "128 MB of memory" in world.reply(number)


@pytest.mark.needs("docker")
def test_a_repository_has_the_image_that_the_operator_chose_for_it(new_world: MakeWorld) -> None:
    world = new_world(sandbox="docker", sandbox_images="octo/*=nobody/built-it")
    number = world.comment("/async-code implement make the tests pass")
    world.work()
    assert [run.reason for run in world.run_rows()] == ["no_sandbox"]
    assert "no image `nobody/built-it`" in world.reply(number)


def test_what_was_not_checked_out_is_named_in_the_pull_request(world: World) -> None:
    world.hub.commit(REPO, "main", {".gitattributes": "*.mp4 filter=lfs\n"}, "alice")
    world.comment(FIX)
    world.work()
    assert "Files that Git LFS keeps elsewhere were left as pointers." in (world.pull_request.body or "")


def test_nothing_is_left_on_disk_or_at_github_after_a_run(world: World) -> None:
    world.comment(FIX)
    world.work()
    assert list((world.settings.data_dir / "workspaces").iterdir()) == []
    made = [call for call in world.hub.calls if call.path.endswith("/access_tokens")]
    revoked = [
        call for call in world.hub.calls if call.method == "DELETE" and call.path.endswith("/installation/token")
    ]
    assert len(made) == len(revoked) + 1  # the API's own token is kept, each of git's is revoked


def test_the_run_page_shows_state_steps_log_and_diff(world: World) -> None:
    world.comment(FIX)
    world.work()
    (run,) = world.run_rows()
    page = httpx.get(f"{world.url}/runs/{run.id}")
    assert page.status_code == 200
    for shown in ("Done", "branch async-code/", "pull request #", "+    return a + b", REPO, "NOT ISOLATED"):
        assert shown in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert run.id in httpx.get(world.url).text
    assert httpx.get(f"{world.url}/runs/rnothere").status_code == 404


def test_pages_answer_on_loopback_only(world: World) -> None:
    for headers in ({"host": "evil.example"}, {"x-forwarded-for": "203.0.113.9"}):
        assert httpx.get(world.url, headers=headers).status_code == 403


def test_what_people_wrote_is_shown_as_text(world: World) -> None:
    number = world.issue("<script>alert(1)</script>", "x")
    world.comment(FIX, on=number)
    world.work()
    page = httpx.get(f"{world.url}/runs/{world.run_rows()[0].id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_files_of_the_sample_are_what_this_suite_thinks(world: World) -> None:
    assert {path: world.hub.file_at(REPO, "main", path) for path in FILES} == FILES


def test_a_cancel_is_obeyed_even_if_the_worker_dies_before_it_could(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    (run,) = world.run_rows()
    with world.database.write() as connection:
        assert claiming.claim(connection, run.id, "a worker that dies", 30)
    world.comment("/async-code cancel", on=number)
    world.decide()
    world.later(31)
    world.work()
    assert [task.state for task in world.task_rows()] == ["cancelled"]
    assert world.branches() == []


def test_a_cancel_just_before_the_push_is_heard(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'echo x > x.txt'", default_agent="command")
    number = world.comment("/async-code implement x")
    world.decide()
    (run,) = world.run_rows()
    world.hub.faults.add("POST", ".*access_tokens.*", status=502, times=99)
    world.runs_step()
    world.hub.faults.clear()
    with world.database.write() as connection:
        moves.cancel(connection, run.task_id, "alice")
    world.later(60)
    world.work()
    assert [task.state for task in world.task_rows()] == ["cancelled"]
    assert (world.branches(), "Stopped by `alice`" in world.reply(number)) == ([], True)


def test_a_pull_request_closed_meanwhile_is_not_written_to(world: World) -> None:
    old = world.hub.commit(REPO, "topic", {"notes.txt": "hello\n"}, "alice")
    pull = world.hub.open_pull(REPO, "A topic", "topic", "main", "", "alice")
    number = world.comment(FIX, on=pull.number)
    world.decide()
    world.hub.deliver_to(None)  # so that the news of it comes too late
    world.hub.close_issue(REPO, pull.number, "alice")
    world.work()
    assert world.hub.branches(REPO)["topic"] == old
    assert "closed meanwhile" in world.reply(number)


def test_retry_on_a_pull_request_works_on_what_is_there_now(world: World) -> None:
    world.hub.commit(REPO, "topic", {"notes.txt": "hello\n"}, "alice")
    pull = world.hub.open_pull(REPO, "A topic", "topic", "main", "", "alice")
    number = world.comment(FIX, on=pull.number)
    world.decide()
    world.hub.commit(REPO, "topic", {"notes.txt": "mine\n"}, "alice")
    world.work()
    world.comment("/async-code retry", on=number)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]
    assert world.hub.file_at(REPO, "topic", "notes.txt") == "mine\n"


def test_a_retry_is_judged_by_the_right_of_who_asked_for_it(world: World) -> None:
    world.hub.add_user("carol")
    world.hub.set_role(REPO, "carol", "write")
    number = world.comment(FIX.replace("a - b", "a * b"))
    world.work()
    world.hub.commit(REPO, "main", {"app.py": BUGGY.replace("-", "*")}, "alice")
    world.hub.set_role(REPO, "alice", "read")
    world.comment("/async-code retry", on=number, by="carol")
    world.decide()
    world.later(301)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]


def test_who_may_not_write_any_more_when_the_work_begins_gets_none(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.set_role(REPO, "alice", "read")
    world.later(301)
    world.work()
    assert "may not write" in world.reply(number)
    assert world.pull_requests == []


def test_a_repository_that_was_renamed_is_followed(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.rename_repository(REPO, "renamed")
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]
    assert len(world.hub.pulls("octo/renamed")) == 1
    assert "Done" in world.replies(number, "octo/renamed")[0]


def test_no_secret_comes_out_through_an_agent(new_world: MakeWorld) -> None:
    secret, token = "a-very-secret-webhook-secret", "ghs_" + "A1b2" * 9
    world = new_world(agent_command=f"sh -c 'echo {secret} {token}; exit 1'", default_agent="command")
    number = world.comment("/async-code implement x")
    object.__setattr__(world.settings, "github_webhook_secret", SecretStr(secret))
    world.work()
    (run,) = world.run_rows()
    page = httpx.get(f"{world.url}/runs/{run.id}").text
    for shown in (page, world.reply(number), str(run)):
        assert token not in shown
        assert secret not in shown


def test_a_patch_with_a_secret_is_not_pushed(world: World) -> None:
    number = world.comment(apply("config.txt", "token = ghs_" + "A1b2" * 9))
    world.work()
    assert "would publish a secret" in world.reply(number)
    assert world.branches() == []


@pytest.mark.unmeasured
def test_a_flood_of_lines_is_kept_short(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'yes | head -c 1000000; exit 1'", default_agent="command")
    world.comment("/async-code implement x")
    world.work()
    with world.database.read() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM run_events").scalar()
    assert [task.state for task in world.task_rows()] == ["failed"]
    assert count is not None
    assert count <= 1010


def test_a_base_that_was_forced_away_ends_in_one_sentence_or_in_a_pull_request(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.faults.add("POST", ".*/pulls$", status=502, times=1)
    world.runs_step()
    shutil.rmtree(world.settings.data_dir / "mirrors")
    world.later(30)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]
    assert len(world.pull_requests) == 1
    assert "Done" in world.reply(number)


def test_what_a_killed_worker_left_on_disk_is_swept(world: World) -> None:
    left = world.settings.data_dir / "workspaces" / "rgone0000000-1"
    (left / "tree").mkdir(parents=True)
    world.doing.tick()
    assert not left.exists()


def test_a_bot_with_a_public_address_shows_no_pages(new_world: MakeWorld) -> None:
    world = new_world(public_url="https://bot.example")
    for host in ("127.0.0.1", "bot.example", "evil/127.0.0.1"):
        assert httpx.get(world.url, headers={"host": host}).status_code == 403


def test_what_came_to_the_base_meanwhile_is_not_sent_back(world: World) -> None:
    for number in range(40):
        world.hub.commit(REPO, "main", {f"{number}.md": f"{number}\n"}, "alice")
    world.comment(FIX)
    world.decide()
    disk, repository = world.hub.site.disk, world.hub.repository(REPO)

    def moved(_asked: Asked) -> None:
        world.hub.commit(REPO, "main", {"news.md": "News.\n"}, "alice")

    world.hub.faults.tell("POST", "git-upload-pack$", "after", moved, times=1)
    world.work()
    assert len(world.pull_requests) == 1
    counted = disk.run(repository.id, "count-objects", "--verbose").decode()
    assert "packs: 0" in counted, counted  # git keeps as a pack what has a hundred objects


def test_a_base_that_is_gone_when_all_is_done_is_said_and_nothing_is_pushed(world: World) -> None:
    world.hub.commit(REPO, "feature", {"feature.md": "A feature.\n"}, "alice")
    number = world.issue()
    world.comment(FIX.replace("apply", "apply --base feature"), on=number)
    world.decide()

    def gone(_asked: Asked) -> None:
        world.hub.site.disk.delete_ref(world.hub.repository(REPO).id, "refs/heads/feature")

    world.hub.faults.tell("POST", "git-upload-pack$", "after", gone, times=1)
    world.work()
    assert "`feature` does not exist" in world.reply(number)
    assert world.branches() == []
