"""Clients take turns at a queue, each in its own order, and no one of them may have all."""

from collections import Counter
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.engine.fairness import WHOLE, FairQueue, Share

CLIENTS = st.sampled_from("abc")


def drained(queue: FairQueue[tuple[str, int]]) -> list[tuple[str, int]]:
    taken = []
    while (item := queue.pop()) is not None:
        taken.append(item)
    return taken


@given(st.lists(CLIENTS))
def test_everything_is_taken_once_and_what_one_client_brings_in_its_order(clients: list[str]) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    for number, client in enumerate(clients):
        queue.push(client, (client, number))
    assert len(queue) == len(clients)

    taken = drained(queue)

    assert sorted(taken, key=lambda one: one[1]) == [
        (client, number) for number, client in enumerate(clients)
    ]
    for client in {*clients}:
        own = [number for one, number in taken if one == client]
        assert own == sorted(own)
    assert len(queue) == queue.clients == 0


@given(st.lists(CLIENTS))
def test_nobody_has_two_turns_while_another_waits(clients: list[str]) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    for number, client in enumerate(clients):
        queue.push(client, (client, number))
    left = Counter(clients)
    order = [client for client, _ in drained(queue)]

    for before, client in pairwise(order):
        left[before] -= 1
        assert client != before or left[client] == left.total()
    assert len(list(groupby(order))) <= len(order)


def test_what_does_not_fit_keeps_its_turn_and_lets_others_through() -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    queue.push("a", ("a", 64))
    queue.push("b", ("b", 1))
    queue.push("b", ("b", 2))

    assert queue.pop(lambda one: one[1] < 3) == ("b", 1)
    assert queue.pop(lambda one: one[1] < 3) == ("b", 2)
    assert queue.pop(lambda one: one[1] < 3) is None
    assert queue.pop() == ("a", 64)


def test_those_at_the_front_that_meet_a_condition_are_taken_of_every_client() -> None:
    queue: FairQueue[int] = FairQueue()
    for client, number in [("a", 1), ("a", 5), ("a", 2), ("b", 3), ("c", 9)]:
        queue.push(client, number)

    assert sorted(queue.pop_while(lambda number: number < 4)) == [1, 3]
    assert list(queue.of("a")) == [5, 2]
    assert list(queue.of("b")) == []
    assert sorted(queue.firsts()) == [5, 9]
    assert (len(queue), queue.clients) == (3, 2)


def test_a_client_that_is_alone_leaves_an_eighth_and_one_of_several_has_its_share() -> None:
    share = Share(0.5)

    assert share.of(64, is_alone=True) == 56
    assert share.of(64, is_alone=False) == 32
    assert Share(0.95).of(100, is_alone=True) == 95
    assert Share(0.001).of(4, is_alone=False) == 1
    assert WHOLE.of(64, is_alone=False) == 64
