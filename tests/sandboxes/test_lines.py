"""Bytes become lines, whatever the bytes and wherever the chunks end."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.sandboxes.lines import Splitter, cut


def split(*chunks: bytes, longest: int = 64 * 1024) -> list[str]:
    splitter = Splitter(longest)
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.flush()


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a\nb"], ["a", "b"]),
        ([b"a\r\nb\r\n"], ["a", "b"]),
        ([b"10%\r20%\r30%\n"], ["10%", "20%", "30%"]),
        ([b"a\r", b"\nb"], ["a", "b"]),
        ([b"a\r", b"b"], ["a", "b"]),
        ([b"a\r", b"\n", b"\nb"], ["a", "", "b"]),
        ([b"\n\n"], ["", ""]),
        ([b"caf\xc3", b"\xa9\n"], ["café"]),
        ([b"\xff\xfe\n"], ["\ufffd\ufffd"]),
        ([b"a\0b\n"], ["a\ufffdb"]),
        ([], []),
        ([b""], []),
    ],
)
def test_lines_end_where_a_reader_expects_it(chunks: list[bytes], lines: list[str]) -> None:
    assert split(*chunks) == lines


def test_a_long_line_comes_in_pieces_that_end_between_characters() -> None:
    assert split("é".encode() * 5, longest=5) == ["éé", "éé", "é"]


def test_a_line_without_an_end_is_given_out_before_it_fills_the_memory() -> None:
    splitter = Splitter(longest=100)
    assert [len(line) for line in splitter.feed(b"x" * 250)] == [100, 100]


@given(st.lists(st.binary(max_size=40)), st.integers(4, 20))
def test_chunks_do_not_matter_and_no_piece_is_too_long(chunks: list[bytes], longest: int) -> None:
    lines = split(*chunks, longest=10_000)
    assert lines == split(b"".join(chunks), longest=10_000)
    assert all(len(piece) <= longest for piece in cut(b"".join(chunks), longest))
    assert b"".join(cut(b"".join(chunks), longest)) == b"".join(chunks)
    split(*chunks, longest=longest)


def test_many_small_chunks_of_one_line_take_linear_time() -> None:
    began = time.perf_counter()
    split(*[b"xy"] * 200_000)
    assert time.perf_counter() - began < 5
