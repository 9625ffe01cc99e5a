"""Logs of processes: rotated, ended, repeated."""

from pathlib import Path

from bot.embedded.logs import Echo, opened, tail
from tests.embedded.standins import eventually


def test_a_large_log_is_set_aside_and_a_small_one_stays(tmp_path: Path) -> None:
    large, small = tmp_path / "large.log", tmp_path / "small.log"
    large.write_text("x" * 3000)
    small.write_text("x" * 1000)
    logs = (large, small, tmp_path / "new" / "not-there-yet.log")
    assert [opened(log, megabytes=0.002) for log in logs] == [0, 1000, 0]
    assert (tmp_path / "large.log.1").stat().st_size == 3000
    assert all(log.exists() for log in logs)


def test_a_tail_is_the_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    assert tail(log) == ""
    log.write_text("\n".join(str(number) for number in range(5000)))
    assert tail(log, lines=2) == "4998\n4999"


def test_an_echo_says_whole_new_lines_of_each_log(tmp_path: Path) -> None:
    web, control = tmp_path / "web.log", tmp_path / "control.log"
    web.write_text("old\n")
    heard: list[str] = []
    with Echo({web: opened(web), control: opened(control)}, heard.append):
        with web.open("a") as file:
            file.write("whole\nhal")
        control.write_bytes(b"caf\xc3\xa9 \xff\n")
        eventually(lambda: len(heard) == 2, "two lines")
        with web.open("a") as file:
            file.write("f\n")
    assert sorted(heard[:2]) == ["control | café �", "web     | whole"]
    assert heard[2:] == ["web     | half"]
