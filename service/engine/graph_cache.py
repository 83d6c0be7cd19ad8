"""Sessions of small graphs, kept while they are in use: 1 ms to build, 0.02 ms to find again."""

import threading
from collections import OrderedDict

from service.engine.graphs import Graph
from service.engine.session import Device, Session

MOST_THREADS = 8
"""Threads of one session: each has its own, and a cache full of them would have thousands."""


class GraphCache:
    """
    A bounded number of sessions, by graph; the one that was not used for longest goes first.

    Safe to use from several threads. A session that goes while it runs finishes its run.
    """

    def __init__(self, *, device: Device, threads: int, most: int) -> None:
        """Make an empty cache of at most so many sessions."""
        self._device = device
        self._threads = min(threads, MOST_THREADS)
        self._most = most
        self._sessions: OrderedDict[Graph, Session] = OrderedDict()
        # ONNX Runtime runs sessions from many threads, but does not create them so.
        self._lock = threading.Lock()

    def __contains__(self, graph: Graph) -> bool:
        return graph in self._sessions

    def __len__(self) -> int:
        return len(self._sessions)

    def session(self, graph: Graph) -> Session:
        """Give the session of a graph, building it when it is new."""
        with self._lock:
            found = self._sessions.get(graph)
            if found is None:
                # Without an arena: of free shapes it would keep the largest for ever.
                found = Session(graph.encode(), device=self._device, threads=self._threads, arena=False)
                self._sessions[graph] = found
                if len(self._sessions) > self._most:
                    self._sessions.popitem(last=False)
            self._sessions.move_to_end(graph)
            return found
