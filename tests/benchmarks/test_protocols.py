"""Every way of asking is answered what the network was published with, and the table compares with gRPC."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import protocols, sent
from benchmarks.protocols import GRPC, WAYS, Addresses, Turn


@pytest.fixture(scope="module")
def addresses(serve: Callable[..., str]) -> Addresses:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = serve(LENET_GRPC_PORT=str(port), LENET_DEVICE="cpu")
    return Addresses(address.removeprefix("http://"), f"127.0.0.1:{port}")


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_networks_probabilities(way: str, addresses: Addresses) -> None:
    published = sent.golden()[1][sent.DIGIT]

    async def ask(picture: protocols.Picture) -> np.ndarray:
        async with WAYS[way](addresses, picture) as ask:
            return await ask()

    for name, picture in protocols.pictures().items():
        found = asyncio.run(ask(picture))
        assert found.shape == (len(picture), 10)
        assert {*found.argmax(axis=1)} == {sent.DIGIT}
        if "canvas" not in name:
            np.testing.assert_allclose(found, np.tile(published, (len(picture), 1)), atol=1e-4)


def test_the_client_measures_a_turn(addresses: Addresses) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.protocols", "28x28 ready image", GRPC),
            *(addresses.http, addresses.grpc, str(os.getpid()), "1"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    turn = Turn(**json.loads(done.stdout))

    assert turn.per_s > 10
    assert turn.p99_ms > 0
    assert turn.client_us > 0
    assert turn.errors == 0


def test_the_table_compares_each_way_with_grpc() -> None:
    found = {
        ("a picture", GRPC): Turn(per_s=1000, p99_ms=2, cpu_us=300, client_us=400, errors=0),
        ("a picture", "HTTP"): Turn(per_s=2000, p99_ms=1, cpu_us=100, client_us=200, errors=3),
    }

    assert protocols.write(found).splitlines()[2:] == [
        "| a picture | gRPC | 1,000 | 2.0 | 300 | 400 | 0 | 1.00 | 1.00 |",
        "| a picture | HTTP | 2,000 | 1.0 | 100 | 200 | 3 | 0.50 | 3.00 |",
    ]
