"""Who waits to be accepted when a listener is about to close, and who comes then."""

import socket
import sys
import time

import pytest

from service.server.listener import listen, while_awaited


def test_who_waits_is_accepted_before_it_ends() -> None:
    with listen("127.0.0.1", 0) as listener:
        waiting = [socket.create_connection(listener.getsockname()) for _ in range(3)]
        accepted = []
        for _ in while_awaited(listener):
            if len(accepted) < len(waiting):
                accepted.append(listener.accept()[0])
    for client in (*waiting, *accepted):
        client.close()

    assert len(accepted) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="no other kernel keeps newcomers out")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_who_comes_then_is_refused(host: str) -> None:
    with listen(host, 0) as listener:
        address = listener.getsockname()[:2]
        before = socket.create_connection(address)
        turns = while_awaited(listener)
        next(turns)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        accepted, _ = listener.accept()
        # A connection of before goes on.
        before.sendall(b"a request")
        assert accepted.recv(9) == b"a request"
        for _ in turns:
            time.sleep(0.01)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=0.3)
    before.close()
    accepted.close()
