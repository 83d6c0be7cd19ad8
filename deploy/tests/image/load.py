"""Clients that post pictures until the service is gone, and keep account of what became of each request."""

import http.client
import threading
from collections import Counter
from types import TracebackType
from typing import Self


class Load:
    """
    Eight clients: half of them keep their connection, half open one for each request.

    Attributes:
        outcomes: How often a request was ``answered``; was ``not accepted``, for nobody took the connection
            or took it over to the request's end; or ``lost``: taken, and never answered.
    """

    def __init__(self, host: str, port: int, picture: bytes) -> None:
        """Have clients for the service on a port of this machine."""
        self.outcomes: Counter[str] = Counter()
        self.losses: Counter[str] = Counter()
        self._host = host
        self._port = port
        self._picture = picture
        self._over = threading.Event()
        self._running = threading.Semaphore(0)
        self._clients = [
            threading.Thread(target=self._post, kwargs={"keep": number % 2 == 0}) for number in range(8)
        ]

    def __enter__(self) -> Self:
        """Start, and wait until every client has had ten answers."""
        for client in self._clients:
            client.start()
        for _ in self._clients:
            assert self._running.acquire(timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the clients that have not stopped by themselves."""
        self._over.set()
        for client in self._clients:
            client.join()

    def join(self) -> None:
        """Wait until every client has found nobody there."""
        for client in self._clients:
            client.join(timeout=60)
            assert not client.is_alive()

    def _post(self, *, keep: bool) -> None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=40)
        answered = 0
        while not self._over.is_set():
            try:
                connection.connect() if connection.sock is None else None
            except OSError:
                self.outcomes["not accepted"] += 1
                return
            try:
                headers = {"Content-Type": "image/jpeg", **({} if keep else {"Connection": "close"})}
                connection.request("POST", "/predict", self._picture, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.outcomes["lost"] += 1
                self.losses[f"{'kept' if keep else 'new'} {type(error).__name__}"] += 1
                connection.close()
                continue
            self.outcomes[f"answered {answer.status}"] += 1
            answered += 1
            if answered == 10:
                self._running.release()
        connection.close()
