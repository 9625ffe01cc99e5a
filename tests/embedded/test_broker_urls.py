"""One broker's address, as Celery and redis-py spell it."""

from pathlib import Path

import pytest

from config.broker import BrokerUrls, broker_urls, celery_socket_url, socket_path
from config.settings import load


@pytest.mark.parametrize("url", ["redis://:secret@host:6380/2", "rediss://host/0"])
def test_an_address_over_tcp_is_the_same_for_both(url: str) -> None:
    assert broker_urls(load(redis_url=url)) == BrokerUrls(url, url)


def test_without_one_it_is_the_socket_in_the_data_directory() -> None:
    urls = broker_urls(load(redis_url=None, data_dir=Path("/data")))
    assert urls.celery == "redis+socket:///data/broker/broker.sock?virtual_host=0"
    assert urls.redis == "unix:///data/broker/broker.sock?db=0"


@pytest.mark.parametrize(
    ("redis_url", "celery_url"),
    [
        ("unix:///run/x.sock", "redis+socket:///run/x.sock?virtual_host=0"),
        ("unix:///run/x.sock?db=3", "redis+socket:///run/x.sock?virtual_host=3"),
        ("unix://:p%40ss@/run/x.sock?db=3", "redis+socket://:p%40ss@/run/x.sock?virtual_host=3"),
        ("unix:///run/x.sock?username=me&password=p%40ss", "redis+socket://me:p%40ss@/run/x.sock?virtual_host=0"),
    ],
)
def test_a_socket_is_spelled_for_each(redis_url: str, celery_url: str) -> None:
    assert celery_socket_url(redis_url) == celery_url
    assert broker_urls(load(redis_url=redis_url)) == BrokerUrls(celery_url, redis_url)


@pytest.mark.parametrize("name", ["long" * 30, "with space", "ümlaut", "quo?ted#", "per%41cent"])
def test_a_directory_that_no_address_can_hold_gets_a_short_socket_elsewhere(tmp_path: Path, name: str) -> None:
    path = socket_path(tmp_path / name)
    assert len(str(path)) <= 100
    assert not path.is_relative_to(tmp_path)
    assert path == socket_path(tmp_path / name)
    assert path != socket_path(tmp_path / f"{name}2")
