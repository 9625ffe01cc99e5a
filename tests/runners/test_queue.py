"""Which wake-ups share a message, and that a broker which is away holds up nobody."""

import time
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError

from config.database import WakeUp
from config.settings import load
from runners.queue import MOST_MESSAGES, Sender, celery_app, together


def deliveries(count: int) -> list[WakeUp]:
    return [WakeUp("delivery", f"guid-{number}", "github") for number in range(count)]


def test_runs_and_duties_have_messages_of_their_own() -> None:
    run, duty = WakeUp("run", "r1", "docker"), WakeUp("duty", "status t1", "github")
    assert together([run, *deliveries(1), duty]) == [[run], [duty], deliveries(1)]


def test_deliveries_are_dealt_out_to_a_few_messages() -> None:
    for count in (1, MOST_MESSAGES, MOST_MESSAGES + 1, 1000):
        messages = together(deliveries(count))
        assert len(messages) == min(count, MOST_MESSAGES)
        assert sorted(wake_up for message in messages for wake_up in message) == sorted(deliveries(count))


class Recorded(Celery):  # type: ignore[misc]  # it ships no types
    """A Celery that keeps what is sent, and fails as long as it is told to."""

    away = False

    def send_task(self, name: str, args: list[str], **_options: object) -> None:
        self.__dict__.setdefault("sent", []).append((name, args))
        if self.away:
            raise OperationalError


def test_a_wake_up_is_sent_at_once_and_what_comes_meanwhile_soon() -> None:
    app = Recorded()
    sender = Sender(app)
    for one in deliveries(50):
        sender.send([one])
    deadline = time.monotonic() + 5
    while sum(len(args) for _, args in app.__dict__.get("sent", [])) < 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    sent = app.__dict__["sent"]
    assert sorted(subject for _, args in sent for subject in args) == sorted(one.subject for one in deliveries(50))
    assert len(sent) < 50


def test_a_broker_that_is_away_is_not_tried_for_each() -> None:
    app = Recorded()
    app.away = True
    sender = Sender(app)
    for _ in range(3):
        sender.send(deliveries(20))
        time.sleep(0.1)
    assert len(app.__dict__["sent"]) == 1


def test_what_it_holds_is_sent_before_it_is_closed() -> None:
    app = Recorded()
    sender = Sender(app)
    sender.send(deliveries(20))
    sender.close()
    assert sum(len(args) for _, args in app.__dict__["sent"]) == 20


def test_a_broker_that_is_not_there_is_no_reason_to_wait(tmp_path: Path) -> None:
    sender = Sender(celery_app(load(_env_file=None, redis_url=f"unix://{tmp_path}/nowhere.sock")))
    began = time.monotonic()
    sender.send(deliveries(20))
    sender.close()
    assert time.monotonic() - began < 2
    assert sender.reached_since() is None
