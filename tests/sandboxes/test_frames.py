"""What a container engine sends, taken apart at whatever place it was cut."""

from hypothesis import given
from hypothesis import strategies as st

from runners.sandboxes.frames import Frames

SAID = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=300)), max_size=8)


@given(SAID, st.lists(st.integers(1, 50), max_size=40))
def test_nothing_is_lost_wherever_it_is_cut(said: list[tuple[int, bytes]], cuts: list[int]) -> None:
    sent = b"".join(bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text for stream, text in said)
    frames, heard, at = Frames(), b"", 0
    for cut in [*cuts, len(sent)]:
        heard += b"".join(frames.feed(sent[at : at + cut]))
        at += cut
    assert heard == b"".join(text for _, text in said)


def test_a_frame_is_passed_on_before_it_is_whole() -> None:
    assert list(Frames().feed(b"\1\0\0\0\0\0\0\12hello")) == [b"hello"]
