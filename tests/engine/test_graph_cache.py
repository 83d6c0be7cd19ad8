"""Sessions of operations are bounded in number, and shared between threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from service.engine.graph_cache import GraphCache
from service.engine.graphs import Graph, Node


def scaled(by: float) -> Graph:
    constant = Node("Constant", (), ("factor",), (("value_float", float(by)),))
    return Graph((constant, Node("Mul", ("x", "factor"), ("y",))), ("x",), (("y", "float32"),))


def test_equal_graphs_share_a_session() -> None:
    cache = GraphCache(device="cpu", threads=1, most=2)

    assert cache.session(scaled(2)) is cache.session(scaled(2))
    assert len(cache) == 1


def test_the_least_recently_used_graph_goes_first() -> None:
    cache = GraphCache(device="cpu", threads=1, most=2)
    for factor in (1, 2, 1, 3):
        cache.session(scaled(factor))

    assert [scaled(factor) in cache for factor in (1, 2, 3)] == [True, False, True]


def test_threads_that_push_one_another_out_get_their_own_answers() -> None:
    cache = GraphCache(device="cpu", threads=1, most=2)

    def answer(factor: int) -> bool:
        y = np.empty(5, np.float32)
        cache.session(scaled(factor % 7)).run_into({"y": y}, {"x": np.arange(5, dtype=np.float32)})
        return bool((y == np.arange(5) * (factor % 7)).all())

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(answer, range(100)))

    assert all(answers)
    assert len(cache) == 2
