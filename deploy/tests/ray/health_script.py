"""In Ray's environment: what a replica's health check says before, in and after the service's life."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from deploy.ray.serving import LeNet
from service.app import create_app
from service.settings import Settings


class Replica:
    """What Ray makes of the deployment, with an application in it."""

    check_health = LeNet.func_or_class.check_health

    def __init__(self) -> None:
        self.app = create_app(Settings(device="cpu", threads=1))


def told(replica: Replica) -> str:
    """Ask as Ray does."""
    try:
        replica.check_health()
    except RuntimeError as error:
        return str(error)
    return "ready"


async def main() -> None:
    """Live through the service's lifespan."""
    replica = Replica()
    print(told(replica))
    async with replica.app.router.lifespan_context(replica.app):
        print(told(replica))
    print(told(replica))


asyncio.run(main())
