"""Which images of a text are GitHub's own attachments, and where a page has them from."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline

from config.settings import load
from runners.wording.images import MOST_PARSED, MOST_READ, addresses, attachments, is_served, kind
from tests.wording.texts import hostile

UUID = "7f480a78-17d1-445f-8ec2-5599dc98b38b"
OTHER = "953b5f46-f8fb-4722-8c14-7d9175e658a3"
GITHUB = ("https://github.com", "https://private-user-images.githubusercontent.com",
          "https://user-images.githubusercontent.com")  # fmt: skip
HOSTS = {urlsplit(origin).netloc for origin in GITHUB}
TODAYS = f"https://github.com/user-attachments/assets/{UUID}"

SHOWN = {
    f"![]({TODAYS})": TODAYS,
    f"![an alt text]({TODAYS} 'a title')": TODAYS,
    f"[![]({TODAYS})](https://example.com)": TODAYS,
    f"![][it]\n\n[it]: {TODAYS}": TODAYS,
    f"| a |\n|---|\n| ![]({TODAYS}) |": TODAYS,
    f"> - ![]({TODAYS})": TODAYS,
    f'<img width="1842" height="1292" alt="Image" src="{TODAYS}" />': TODAYS,
    f"words <IMG SRC='{TODAYS}'> words": TODAYS,
    f"<p align=center>\n<img src={TODAYS}>\n</p>": TODAYS,
    f"![](https://github.com/octo/app.js/assets/1826685/{UUID})": f"https://github.com/octo/app.js/assets/1826685/{UUID}",
    f"![](https://user-images.githubusercontent.com/118/233099814-{UUID}.png)": (
        f"https://user-images.githubusercontent.com/118/233099814-{UUID}.png"
    ),
    f"![](https://private-user-images.githubusercontent.com/1/2-{UUID}.png?jwt=eyJh.eyJp.x_-)": (
        f"https://private-user-images.githubusercontent.com/1/2-{UUID}.png"
    ),
}
HIDDEN = [
    TODAYS,
    f"[]({TODAYS})",
    f"`![]({TODAYS})`",
    f"```\n![]({TODAYS})\n```",
    f"    <img src='{TODAYS}'>",
    f"<!-- ![]({TODAYS}) -->",
    f"words <!-- <img src='{TODAYS}'>",
    f"<img width=1 height='1' src='{TODAYS}'>",
    f"<img data-src='{TODAYS}'>",
    f"<video src='{TODAYS}'>",
    f"\\![]({TODAYS})",
]
ELSEWHERE = [
    "http://169.254.169.254/x.png",
    f"http://github.com/user-attachments/assets/{UUID}",
    f"https://github.com.evil.example/user-attachments/assets/{UUID}",
    f"https://github.com@evil.example/user-attachments/assets/{UUID}",
    f"https://github.com:444/user-attachments/assets/{UUID}",
    f"https://github.com\\@evil.example/user-attachments/assets/{UUID}",
    f"//github.com/user-attachments/assets/{UUID}",
    f"/user-attachments/assets/{UUID}",
    f"https://raw.githubusercontent.com/octo/app/main/{UUID}.png",
    f"https://github.com/octo/app/raw/main/{UUID}.png",
    f"https://github.com/user-attachments/files/1/{UUID}.png",
    f"https://github.com/user-attachments/assets/{UUID}/../../../x",
    f"https://github.com/login?return_to=/user-attachments/assets/{UUID}",
    f"https://github.com/user-attachments/assets/{UUID}#/x",
    "https://github.com/user-attachments/assets/not-a-uuid",
    f"data:image/png;base64,{UUID}",
]


@pytest.mark.parametrize("text", SHOWN)
def test_an_image_that_people_see_is_found_by_its_address_without_a_signature(text: str) -> None:
    (found,) = attachments(text, GITHUB)
    assert (found.uuid, found.url) == (UUID, SHOWN[text])


@pytest.mark.parametrize("text", HIDDEN)
def test_what_is_no_image_to_see_is_none(text: str) -> None:
    assert attachments(text, GITHUB) == []


@pytest.mark.parametrize("url", ELSEWHERE)
def test_what_lies_elsewhere_is_none(url: str) -> None:
    assert attachments(f"![]({url})\n\n![](<{url}>)\n\n<img src='{url}'>", GITHUB) == []


def test_each_is_found_once_and_in_order() -> None:
    text = f"![](https://github.com/user-attachments/assets/{OTHER})\n<img src={TODAYS}>\n![]({TODAYS})"
    assert [one.uuid for one in attachments(text, GITHUB)] == [OTHER, UUID]


def test_a_server_of_the_operators_own_serves_its_own() -> None:
    origins = load(_env_file=None, github_base_url="https://github.octo.example").image_origins
    assert origins == ("https://github.octo.example", "https://media.github.octo.example")
    assert attachments(f"![]({TODAYS})", origins) == []
    assert attachments(f"![](https://github.octo.example/storage/user/5/files/{UUID})", origins)[0].uuid == UUID
    assert set(load(_env_file=None).image_origins) == set(GITHUB)


def test_a_page_says_where_they_lie() -> None:
    signed = f"https://private-user-images.githubusercontent.com/1/2-{UUID}.png?jwt=eyJh.eyJp.x_-&amp;a=b"
    html = (
        f'<p><a href="{signed}"><img src="{signed}" alt="x" style="max-width: 100%;"></a>'
        f'<img src="https://camo.githubusercontent.com/{OTHER}" data-canonical-src="{TODAYS}">'
        f'<img src="https://evil.example/1/2-{OTHER}.png"></p>'
    )
    assert addresses(html, GITHUB) == {UUID: signed.replace("&amp;", "&")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n...", "png"),
        (b"\xff\xd8\xff\xe0...", "jpg"),
        (b"GIF89a...", "gif"),
        (b"RIFF\n\0\0\0WEBPVP8 ", "webp"),
        (b"", None),
        (b"\x89PNG", None),
        (b"RIFF\n\0\0\0WAVE", None),
        (b"<svg xmlns=", None),
        (b"<!doctype html>\x89PNG\r\n\x1a\n", None),
        (b"GIF88a", None),
    ],
)
def test_the_first_bytes_say_what_it_is(content: bytes, said: str | None) -> None:
    assert kind(content) == said


PIECES = st.sampled_from(
    [*SHOWN, *HIDDEN, *ELSEWHERE, "![](", ")", "<img src=", "'", ">", "<!--", "-->", "`", "\n", "@"]
)


@given(st.lists(PIECES | hostile, max_size=12).map("".join))
def test_whatever_a_text_holds_nothing_of_another_host_comes_out(text: str) -> None:
    for found in attachments(text, GITHUB):
        assert is_served(found.url, GITHUB) and urlsplit(found.url).netloc in HOSTS and found.uuid in found.url
    for url in addresses(text, GITHUB).values():
        assert urlsplit(url).netloc in HOSTS


@given(hostile)
def test_a_servers_word_of_where_to_go_on_is_weighed_whole(text: str) -> None:
    for url in (text, f"https://github.com{text}", f"https://github.com/{text}"):
        if is_served(url, GITHUB):
            assert urlsplit(url).netloc in HOSTS


@dataclass
class Parsed:
    """How many characters the parser was given in one go each: of whole texts, and of what stands in their blocks."""

    whole: list[int] = field(default_factory=list)
    within: list[int] = field(default_factory=list)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Parsed:
    counts = Parsed()

    def counted(parse: Callable[..., Any], lengths: list[int]) -> Callable[..., Any]:
        def counting(self: object, src: str, *rest: Any) -> Any:
            lengths.append(len(src))
            return parse(self, src, *rest)

        return counting

    monkeypatch.setattr(ParserBlock, "parse", counted(ParserBlock.parse, counts.whole))
    monkeypatch.setattr(ParserInline, "parse", counted(ParserInline.parse, counts.within))
    return counts


TABLE = "|a" * 1000 + "\n" + "|-" * 1000 + "\n" + "a\n" * 5000
HOSTILE = ["![", "[\\", TABLE]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_without_an_attachment_is_not_parsed_at_all(parsed: Parsed, piece: str) -> None:
    assert attachments((piece * 65_536)[:65_536], GITHUB) == [] and parsed == Parsed()


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("between", ["", "\n", "\n\n"])
def test_of_a_text_with_one_no_more_is_parsed_than_people_write(parsed: Parsed, piece: str, between: str) -> None:
    shown, hostile = f"![]({TODAYS}){between}", (piece * 65_536)[:65_536]
    attachments(shown + hostile, GITHUB)
    assert max(parsed.whole) <= MOST_READ and sum(parsed.within) <= MOST_PARSED
    parsed.within.clear()
    attachments(f"{shown}{hostile[:5000]}\n\n" * 13, GITHUB)
    assert max(parsed.whole) <= MOST_READ and 0 < sum(parsed.within) <= MOST_PARSED


def test_what_stands_in_a_long_text_is_found_where_people_put_it() -> None:
    log = "12:00:00 It did not work: [again] ![\n" * 500
    assert attachments(f"{log}\n![]({TODAYS})\n\n```\n{log}```\n<img src='{TODAYS.replace(UUID, OTHER)}'>", GITHUB)
    rows = "".join(f"| ![]({TODAYS}) | {number} |\n" for number in range(50))
    assert [one.uuid for one in attachments(f"| a | b |\n|---|---|\n{rows}", GITHUB)] == [UUID]


@pytest.mark.parametrize("text", ["<img " * 20_000, "![](" * 20_000, "<img src=' " * 8000, '<img a="' * 10_000])
def test_a_text_that_is_made_to_take_long_does_not(text: str) -> None:
    began = time.process_time()
    attachments(text[:65_536], GITHUB)
    addresses(text[:65_536], GITHUB)
    assert time.process_time() - began < 5
