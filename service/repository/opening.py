"""A folder of models is opened: to serve what is in it, or to pin a version for those who serve it."""

from pathlib import Path

from service import logs
from service.digits.network import Batching
from service.engine.session import Device
from service.errors import ModelError
from service.repository import sandbox
from service.repository.folders import reasons
from service.repository.loader import Loader
from service.repository.repository import Repository
from service.settings import Settings

_DEFAULT_BYTES: int = Settings.model_fields["max_model_bytes"].default


def open_folder(  # noqa: PLR0913  folders and limits
    folder: Path,
    *,
    device: Device,
    batching: Batching,
    most_versions: int,
    most_bytes: int = _DEFAULT_BYTES,
    beneath: Path | None = None,
    default: str = "",
) -> Repository:
    """
    Serve what can be served of the models in a folder, and of those beneath it.

    Args:
        folder: The operator's.
        device: Where networks run.
        batching: Puts a queue before each.
        most_versions: Of each model, the newest that are served.
        most_bytes: Largest file of a version.
        beneath: Has the models that are served where the folder has none of their names.
        default: The model that answers when a request names none; "" for the only one, or the usual.

    Raises:
        ModelError: The folder cannot be read, or nothing can be served.
        DeviceError: The device that was asked for cannot be had.
    """
    loader = Loader(device=device, batching=batching, most_bytes=most_bytes)
    repository = Repository(_folders(folder, beneath), loader, most_versions=most_versions, default=default)
    repository.settle()
    untried, unloaded = repository.untried(), repository.unloaded()
    if untried:
        facts = {"versions": ", ".join(f"{name} {version}" for name, version in untried)}
        logs.get("models").warning("versions are tried after the start", extra={logs.FACTS: facts})
    if not repository.current() and not untried and not unloaded:
        message = reasons(repository.refused()) or "no <model>/<version>/ folder in it"
        message = f"{folder}: {message}; LENET_MODEL_REPOSITORY names the right place"
        raise ModelError(message)
    names = {network.card.name for network in repository.recognisers()}
    # What is there and is refused is told as such, and stops no start.
    refused = {name for name, _ in repository.refused()}
    if default and default not in {*names, *(name for name, _ in untried), *unloaded, *refused}:
        message = f"{folder}: LENET_MODEL names {default}, and no such model that reads digits is in it"
        raise ModelError(message)
    if not repository.serves_from(folder):
        facts = {"folder": str(folder)}
        logs.get("models").warning(
            "nothing in the repository is served, only the models of the package", extra={logs.FACTS: facts}
        )
    return repository


def pin_in_folder(
    folder: Path, name: str, version: str, *, most_bytes: int, beneath: Path | None = None
) -> None:
    """
    Pin a model for all that serve a folder; see ``Repository.pin``.

    Raises:
        UnknownNameError: There is no such model or version on disk.
        ModelError: It cannot be served, or the folder cannot be read; nothing has changed.
        InvalidInputError: The pin cannot be written; nothing has changed.
    """
    loader = Loader(device="cpu", batching=sandbox.unasked, most_bytes=most_bytes)
    Repository(_folders(folder, beneath), loader, most_versions=1).pin_on_disk(name, version)


def _folders(folder: Path, beneath: Path | None) -> list[Path]:
    return [folder] if beneath is None or beneath == folder else [folder, beneath]
