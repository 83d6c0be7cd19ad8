"""What one client does to others is measured with requests that are allowed, however large they are."""

import pytest
from httpx2 import Client

from benchmarks.neighbours import abuses
from service.settings import Settings

ABUSES = {abuse.name: abuse for abuse in abuses()}
TAKEN = {200, 415, 422}


@pytest.mark.parametrize("name", ABUSES)
def test_no_abuse_is_refused_for_its_size(client: Client, name: str) -> None:
    abuse = ABUSES[name]
    answer = client.post(abuse.path, content=abuse.content, headers=dict(abuse.headers))

    assert answer.status_code in TAKEN
    assert len(abuse.content) <= Settings().max_body_bytes
