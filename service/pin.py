"""``lenet5 pin``: which version of a model answers, said in the repository's folder."""

import sys

from service import settings
from service.errors import RequestError, StartError
from service.repository import opening

REFUSED = 1
"""Exit status when nothing was changed."""


def main(name: str, version: str) -> int:
    """
    Pin a model at a version, which is tried first, or at ``latest``; give the exit status.

    Services that watch the folder take it up by themselves, all of them, and after a restart.
    """
    try:
        configuration = settings.load()
        folder = configuration.model_repository
        opening.pin_in_folder(
            folder,
            name,
            version,
            beneath=settings.PACKAGED_MODELS,
            most_bytes=configuration.max_model_bytes,
        )
    except (StartError, RequestError) as error:
        sys.stderr.write(f"lenet5 cannot pin it: {error}\n")
        return REFUSED
    sys.stdout.write(f"{name} is pinned at {version} in {folder}\n")
    return 0
