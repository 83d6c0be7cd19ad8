"""Clients that post pictures until nobody is there, and keep account of every request."""

import http.client
import threading
from collections import Counter
from types import TracebackType
from typing import Self

CLIENTS = 20


class Load:
    """
    Clients that post until nobody is there: half of them keep their connection, half open one a request.

    Attributes:
        outcomes: How often a request was answered with a status; was ``not accepted``, for there was nobody
            to connect to; or was lost: on a connection that was taken, without an answer.
    """

    def __init__(self, host: str, port: int, picture: bytes) -> None:
        """Have clients for a service."""
        self.outcomes: Counter[str] = Counter()
        self._to = (host, port)
        self._picture = picture
        self._over = threading.Event()
        self._under_way = threading.Semaphore(0)
        self._clients = [
            threading.Thread(target=self._post, kwargs={"keep": number % 2 == 0}) for number in range(CLIENTS)
        ]

    def __enter__(self) -> Self:
        """Start, and wait until every client has had ten answers."""
        for client in self._clients:
            client.start()
        for _ in self._clients:
            assert self._under_way.acquire(timeout=60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the clients."""
        self._over.set()
        self.join()

    def join(self) -> None:
        """Wait until every client has found nobody there."""
        for client in self._clients:
            client.join(timeout=60)
            assert not client.is_alive()

    def _post(self, *, keep: bool) -> None:
        headers = {"Content-Type": "image/jpeg", **({} if keep else {"Connection": "close"})}
        connection = http.client.HTTPConnection(*self._to, timeout=40)
        answers = 0
        while not self._over.is_set():
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError:
                self.outcomes["not accepted"] += 1
                break
            try:
                connection.request("POST", "/predict", self._picture, headers)
                with connection.getresponse() as answer:
                    answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.outcomes[f"lost ({type(error).__name__}, connection {'kept' if keep else 'new'})"] += 1
                connection.close()
                continue
            self.outcomes[f"{answer.status}"] += 1
            answers += 1
            if answers == 10:
                self._under_way.release()
        connection.close()
