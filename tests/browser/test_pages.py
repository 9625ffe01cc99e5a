"""A person at a browser: comments on the local GitHub, watches the answer come, follows it to the run page."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.serving import living
from tests.world import REPO, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium")]

CALM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
COMMAND = "/async-code apply\n```python file=app.py\ndef add(a, b):\n    return a + b\n```\n"


@pytest.fixture
def world(tmp_path: Path, sqlite_url: str) -> Iterator[World]:
    """A world whose workers work by themselves, as in the demo."""
    world = make_world(tmp_path, sqlite_url, public_url="http://127.0.0.1:9")
    ended = threading.Event()
    with living(world):
        worker = threading.Thread(target=_at_work, args=(world, ended))
        worker.start()
        yield world
        ended.set()
        worker.join()


def _at_work(world: World, ended: threading.Event) -> None:
    while not ended.wait(0.1):
        world.work()


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser's page that tells of every error in its console."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CALM)
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        yield page
        browser.close()
    assert said == []


def test_a_comment_written_in_the_browser_becomes_a_pull_request_before_ones_eyes(world: World, page: Page) -> None:
    number = world.issue()
    page.goto(f"{world.hub.url}/{REPO}/issues/{number}")
    page.locator("textarea").fill(COMMAND)
    page.get_by_label("Comment as").select_option("alice")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_text("Pull request #2")).to_be_visible(timeout=20_000)  # without a reload
    page.get_by_role("link", name="Pull request #2").click()
    expect(page.get_by_text("return a + b").first).to_be_visible()
    expect(page.get_by_text("async-code / patch")).to_be_visible()


def test_the_run_page_is_readable_in_light_and_dark(world: World, page: Page) -> None:
    world.comment(COMMAND)
    page.goto(world.url)
    expect(page.get_by_text("Done")).to_be_visible(timeout=20_000)  # the list follows by itself
    page.get_by_role("link", name="apply").click()
    expect(page.get_by_text("+    return a + b")).to_be_visible()
    for scheme, ground in (("light", "rgb(251, 250, 247)"), ("dark", "rgb(22, 24, 28)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        expect(page.locator("body")).to_have_css("background-color", ground)


def test_an_empty_list_teaches(world: World, page: Page) -> None:
    page.goto(world.url)
    expect(page.get_by_text("/async-code implement …")).to_be_visible()
