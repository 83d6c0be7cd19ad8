"""However many connections a client has, and whatever their steps cost, others have their turns between."""

import asyncio
import time
from dataclasses import dataclass, field

from service.server.turns import TURN_S, Turns

TEN_TURNS_S = 10 * TURN_S


@dataclass
class Step:
    """Something with a number of steps to do, which takes its time."""

    client: str
    done: list[str]
    turns: Turns
    seconds: float = 0.0
    left: int = 1
    label: str = ""
    fails: bool = False
    aborts: list[str] = field(default_factory=list)

    def proceed(self) -> None:
        until = time.perf_counter() + self.seconds
        while time.perf_counter() < until:
            pass
        if self.fails:
            message = "xyzzy"
            raise ValueError(message)
        self.done.append(self.label or self.client)
        self.left -= 1
        if self.left:
            self.turns.queue(self)

    def abort(self) -> None:
        self.aborts.append(self.client)


def test_one_that_has_done_nothing_goes_on_at_once() -> None:
    async def work() -> list[str]:
        done: list[str] = []
        turns = Turns()
        for _ in range(50):
            turns.take(Step("busy", done, turns, TEN_TURNS_S))
        turns.take(Step("quiet", done, turns))
        return done.copy()

    assert asyncio.run(work()) == ["busy", "quiet"]


def test_in_a_turn_of_the_event_loop_one_client_has_no_more_than_its_time_and_one_step() -> None:
    async def work() -> list[int]:
        done: list[str] = []
        turns = Turns()
        for _ in range(8):
            turns.take(Step("busy", done, turns, TEN_TURNS_S))
        steps = []
        while len(done) < 8:
            before = len(done)
            await asyncio.sleep(0)
            steps.append(len(done) - before)
        return steps

    assert max(asyncio.run(work())) == 1


def test_quick_steps_are_done_together() -> None:
    async def work() -> int:
        done: list[str] = []
        turns = Turns()
        # A turn is long enough for one, also on a machine that is busy.
        while not done:
            turns.take(Step("quick", done, turns))
        before = len(done)
        turns.take(Step("quick", done, turns))
        return len(done) - before

    assert asyncio.run(work()) == 1


def test_what_is_left_of_one_waits_behind_the_others_of_its_client() -> None:
    async def work() -> list[str]:
        done: list[str] = []
        turns = Turns()
        many = Step("a", done, turns, left=100, label="many")
        turns.queue(many)
        turns.queue(Step("a", done, turns, label="one"))
        while many.left:
            await asyncio.sleep(0)
        return done

    assert asyncio.run(work()) == ["many", "one", *["many"] * 99]


def test_what_is_urgent_goes_before_the_rest_of_its_client() -> None:
    async def work() -> list[str]:
        done: list[str] = []
        turns = Turns()
        turns.end("a")
        for label in ("first", "second"):
            turns.take(Step("a", done, turns, label=label))
        for label in ("urgent", "as urgent"):
            turns.take(Step("a", done, turns, label=label), is_urgent=True)
        while len(done) < 4:
            await asyncio.sleep(0)
        return done

    assert asyncio.run(work()) == ["urgent", "as urgent", "first", "second"]


def test_a_client_whose_turn_is_ended_goes_on_in_the_next() -> None:
    async def work() -> tuple[int, int]:
        done: list[str] = []
        turns = Turns()
        turns.take(Step("a", done, turns))
        turns.end("a")
        turns.take(Step("a", done, turns))
        before = len(done)
        await asyncio.sleep(0)
        return before, len(done)

    assert asyncio.run(work()) == (1, 2)


def test_a_step_that_fails_is_reported_and_ends_nobody_elses() -> None:
    async def work() -> tuple[list[str], list[str], list[object]]:
        reported: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(context["exception"])
        )
        done: list[str] = []
        turns = Turns()
        broken = Step("a", done, turns, fails=True)
        turns.queue(broken)
        turns.queue(Step("a", done, turns))
        turns.queue(Step("b", done, turns))
        for _ in range(3):
            await asyncio.sleep(0)
        return sorted(done), broken.aborts, reported

    done, aborts, reported = asyncio.run(work())

    assert done == ["a", "b"]
    assert aborts == ["a"]
    assert [str(error) for error in reported] == ["xyzzy"]
