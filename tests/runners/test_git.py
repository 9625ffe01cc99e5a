"""git as the host runs it: tokens stay out of sight, nothing is configured but by us, nothing outlives its deadline."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import runners.interruptible
from runners.git import GitError, git, git_bytes, meaning, remote
from runners.github_types import Forbidden, GitHubError, NotFound, Unavailable
from tests.runners.ground import plain_git

TOKEN = "ghs_" + "t0ken" * 8


@pytest.fixture
def tarpit() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def processes(word: str) -> dict[int, list[str]]:
    """Processes that have the word in their command line: the arguments that anybody on the machine may read."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            argv = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(word in argument for argument in argv):
            found[int(folder.name)] = argv
    return found


def test_a_server_that_never_answers_is_left_at_the_deadline_and_no_process_stays(tarpit: str) -> None:
    ended: list[Exception] = []

    def ask() -> None:
        try:
            git("ls-remote", "--", f"{tarpit}/o/r.git", settings=remote(tarpit, TOKEN), seconds=1.5)
        except GitHubError as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    seen: dict[int, list[str]] = {}
    while thread.is_alive():
        seen |= processes(tarpit)
        thread.join(0.02)
    assert isinstance(ended[0], Unavailable)
    assert any("remote-http" in " ".join(argv) for argv in seen.values())
    assert not any(TOKEN in argument for argv in seen.values() for argument in argv)
    deadline = time.monotonic() + 5
    while processes(tarpit) and time.monotonic() < deadline:
        time.sleep(0.02)  # killed ones take a moment to go
    assert not processes(tarpit)


def test_no_configuration_of_the_machine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = tmp_path / ".gitconfig"
    evil.write_text(
        '[alias]\n\tversion = !touch PWNED\n[user]\n\tname = evil\n[url "file:///"]\n\tinsteadOf = https://\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'user.name=evil'")
    monkeypatch.setenv("GIT_SSH_COMMAND", f"touch {tmp_path}/PWNED")
    git("init", "--quiet", "--bare", "--", str(tmp_path / "bare"))
    listed = git("config", "--list", "--show-origin", git_dir=tmp_path / "bare")
    assert "evil" not in listed
    assert {line.split("\t")[0] for line in listed.splitlines()} == {f"file:{tmp_path}/bare/config", "command line:"}


@pytest.mark.parametrize(
    "address", ["ext::sh -c touch% PWNED", "ssh://localhost/x", "git://localhost/x", "file:///etc"]
)
def test_only_https_is_spoken(tmp_path: Path, address: str) -> None:
    with pytest.raises(GitError, match="not allowed"):
        git("ls-remote", "--", address, tree=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_plain_http_is_for_loopback_only() -> None:
    assert "protocol.http.allow" in remote("http://127.0.0.1:1", TOKEN)
    with pytest.raises(GitError, match="not allowed"):
        git("ls-remote", "--", "http://github.example/x", settings=remote("http://github.example", TOKEN))


def test_the_token_goes_to_its_own_github_only(tmp_path: Path) -> None:
    settings = remote("https://github.example", TOKEN)
    bare = tmp_path / "bare"
    git("init", "--quiet", "--bare", "--", str(bare))

    def header(url: str) -> bool:
        try:
            return bool(git("config", "--get-urlmatch", "http.extraHeader", url, git_dir=bare, settings=settings))
        except GitError:
            return False

    assert header("https://github.example/o/r.git")
    for other in ("https://github.example.evil.example/o", "https://evil.example/o", "http://github.example/o"):
        assert not header(other), other


def test_words_that_are_not_text_are_kept(tmp_path: Path) -> None:
    plain_git(tmp_path, "init", "--quiet", "--bare", "bare")
    stored = git("hash-object", "-w", "--stdin", git_dir=tmp_path / "bare", stdin=b"caf\xe9\0").strip()
    assert git_bytes("cat-file", "blob", stored, git_dir=tmp_path / "bare") == b"caf\xe9\0"
    assert git("cat-file", "blob", stored, git_dir=tmp_path / "bare") == "caf\ufffd\0"


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("remote: Repository not found.\nfatal: repository 'https://github.com/o/r.git/' not found", NotFound),
        ("remote: Write access to repository not granted.\nfatal: unable to access 'https://github.com/o/r.git/': "
         "The requested URL returned error: 403", Forbidden),
        ("remote: Permission to o/r.git denied to async-code[bot].", Forbidden),
        ("fatal: unable to access 'https://github.com/': Could not resolve host: github.com", Unavailable),
        ("fatal: unable to access 'x': Failed to connect to github.com port 443: Connection refused", Unavailable),
        ("fatal: unable to access 'x': The requested URL returned error: 502", Unavailable),
        ("fatal: Authentication failed for 'https://github.com/o/r.git/'", Unavailable),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", Unavailable),
        ("error: RPC failed; HTTP 500 curl 22 The requested URL returned error: 500", Unavailable),
        ("fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF", Unavailable),
        ("fatal: the remote end hung up unexpectedly", Unavailable),
        ("error: RPC failed; curl 28 Operation timed out", Unavailable),
        ("error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec transferred", Unavailable),
        ("fatal: unable to access 'http://127.0.0.1:1/o/r.git/': Empty reply from server", Unavailable),
        ("error: RPC failed; curl 52 Empty reply from server\nfatal: expected 'packfile'", Unavailable),
        ("send-pack: unexpected disconnect while reading sideband packet", Unavailable),
        ("fatal: unable to access 'https://github.com/': gnutls_handshake() failed: The TLS connection was "
         "non-properly terminated.", Unavailable),
        ("fatal: unable to access 'https://github.com/': SSL certificate problem: unable to get local issuer "
         "certificate", Unavailable),
        ("warning: unable to access '/home/alice/.config/git/attributes': Permission denied\nfatal: bad object", None),
        ("fatal: couldn't find remote ref refs/heads/nowhere", None),
        (" ! [rejected] topic -> topic (stale info)", None),
        ("fatal: Not a valid object name", None),
    ],
)  # fmt: skip
def test_what_git_says_about_github_becomes_our_error(said: str, means: type[GitHubError] | None) -> None:
    error = meaning(GitError(said))
    assert type(error) is (means or type(None))


def test_a_failure_tells_gits_own_last_words(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        git("status", tree=tmp_path)
    with pytest.raises(GitError) as failed:
        git("rev-parse", "--verify", "x" * 5000, tree=tmp_path)
    assert len(str(failed.value)) <= 2000


def test_what_git_is_given_reaches_it_however_slowly_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain_git(tmp_path, "init", "--quiet", "--bare", "bare")
    monkeypatch.setattr(runners.interruptible, "CHECK_SECONDS", 0.001)
    given = b"x" * 10_000_000
    stored = git("hash-object", "-w", "--stdin", git_dir=tmp_path / "bare", stdin=given).strip()
    assert git_bytes("cat-file", "blob", stored, git_dir=tmp_path / "bare") == given


def test_git_gets_no_more_memory_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain_git(tmp_path, "init", "--quiet", "work")
    (tmp_path / "work/.gitignore").write_bytes(b"a\n" * 4_000_000)
    (tmp_path / "work/file").write_text("x")
    monkeypatch.setattr(runners.interruptible, "MEMORY_BYTES", 64_000_000)
    with pytest.raises(GitError, match="memory"):
        git("ls-files", "--others", "--exclude-standard", git_dir=tmp_path / "work/.git", tree=tmp_path / "work")
