"""Who is let in: everybody while there is room, and nobody so much that others are kept out."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import FullError, RequestError, ShareError
from service.http.admission import Admission
from service.settings import Settings

HOG, HONEST = "192.0.2.1", "192.0.2.2"


def admission(**settings: float) -> Admission:
    return Admission(
        Settings(**{"max_in_flight": 16, "max_in_flight_bytes": 1_600, "max_connections": 16, **settings})
    )


def times(number: int, take: Callable[[], None]) -> int:
    """Take so often, or until it is refused; tell how often it was."""
    for count in range(number):
        try:
            take()
        except ShareError:
            return count
    return number


TAKING = {
    "requests": lambda room, client: room.enter(client),
    "bytes": lambda room, client: room.take(client, 100),
    "connections": lambda room, client: room.connect(client),
}
"""Ways to take a sixteenth of everything."""


@pytest.mark.parametrize("what", sorted(TAKING))
def test_a_client_that_is_alone_may_have_seven_eighths(what: str) -> None:
    room = admission()

    assert times(20, lambda: TAKING[what](room, HOG)) == 14


@pytest.mark.parametrize("what", sorted(TAKING))
def test_one_of_several_may_have_its_share(what: str) -> None:
    room = admission()
    TAKING[what](room, HONEST)

    assert times(20, lambda: TAKING[what](room, HOG)) == 8


@pytest.mark.parametrize("what", sorted(TAKING))
def test_however_much_one_takes_the_next_finds_room(what: str) -> None:
    room = admission()
    times(20, lambda: TAKING[what](room, HOG))
    TAKING[what](room, HONEST)

    with pytest.raises(ShareError):
        TAKING[what](room, HOG)


@pytest.mark.parametrize("what", sorted(TAKING))
def test_when_everything_is_taken_nobody_is_let_in(what: str) -> None:
    room = admission()
    for client in ("a", "b", "c"):
        for _ in range(8):
            try:
                TAKING[what](room, client)
            except RequestError:
                break

    with pytest.raises(FullError):
        TAKING[what](room, "d")


@pytest.mark.parametrize("what", sorted(TAKING))
def test_a_share_of_one_lets_anyone_have_everything(what: str) -> None:
    room = admission(client_share=1)
    for _ in range(16):
        TAKING[what](room, HOG)

    with pytest.raises(FullError):
        TAKING[what](room, HOG)


def test_what_is_given_back_can_be_taken_again() -> None:
    room = admission()
    for _ in range(100):
        room.connect(HOG)
        room.take(HOG, 1_000)
        room.enter(HOG)
        room.leave(HOG, requests=1, size=1_000)
        room.disconnect(HOG)

    assert (room.requests, room.bytes) == (0, 0)
    assert times(20, lambda: room.enter(HONEST)) == 14


def test_answers_that_are_not_read_count_for_the_client_alone() -> None:
    room = admission()
    room.hold(HOG, 1_400)

    assert not room.may_hold(HOG, 100)
    assert room.may_hold(HONEST, 800)
    room.take(HONEST, 800)
    room.hold(HOG, -1_400)
    assert room.may_hold(HOG, 800)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["enter", "take", "hold"]), st.sampled_from("abc"), st.integers(1, 500)),
        max_size=60,
    )
)
def test_whatever_was_taken_and_given_back_nothing_is_left(steps: list[tuple[str, str, int]]) -> None:
    room = admission()
    taken = []
    for what, client, size in steps:
        try:
            if what == "enter":
                room.enter(client)
            elif what == "take":
                room.take(client, size)
            else:
                room.hold(client, size)
        except RequestError:
            continue
        taken.append((what, client, size))

    assert 0 <= room.requests <= 16
    assert 0 <= room.bytes <= 1_600
    for what, client, size in taken:
        if what == "hold":
            room.hold(client, -size)
        else:
            room.leave(client, requests=int(what == "enter"), size=size if what == "take" else 0)
    assert (room.requests, room.bytes) == (0, 0)
    assert times(20, lambda: room.enter("d")) == 14
