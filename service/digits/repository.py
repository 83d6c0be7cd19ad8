"""The served models: a folder of ``<model>/<version>/`` directories, of which versions come and go."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.digits import version_files
from service.digits.ink import InkNetwork
from service.digits.network import Batching, Network
from service.engine.session import Device
from service.errors import ModelError, UnknownNameError

USUAL = "lenet5"
"""The model that answers, where several could, when neither a request nor a setting names one."""

Served = Network | InkNetwork


@dataclass(frozen=True)
class Refusal:
    """
    A version that is on disk and cannot be served.

    Attributes:
        reason: Why, without the path.
        state: What its files looked like.
    """

    reason: str
    state: object


class Repository:
    """
    The versions of every model, newest last.

    ``refresh`` looks at the folder again. What requests see changes at once and as a whole: a version is
    loaded, verified and warmed before, and whoever found a version keeps it until the answer.
    """

    def __init__(
        self, folder: Path, load: Callable[[Path], Served], *, most_versions: int, default: str = ""
    ) -> None:
        """
        Serve nothing yet.

        Args:
            folder: Holds ``<model>/<version>/``.
            load: Loads, verifies and warms a version.
            most_versions: Of each model, the newest that are served.
            default: The model that answers when a request names none; "" for the only one, or the usual.
        """
        self._folder = folder
        self._load = load
        self._most_versions = most_versions
        self._default = default
        self._networks: dict[str, dict[str, Served]] = {}
        self._refused: dict[tuple[str, str], Refusal] = {}
        self._unloaded: frozenset[str] = frozenset()
        self._changing = threading.Lock()

    def recogniser(self, name: str | None = None, version: str | None = None) -> Network:
        """
        Give a version of a model that reads digits: by default the newest of the default model.

        Raises:
            UnknownNameError: No such model or version is served, or it is there for something else.
        """
        name = self.default if name is None else name
        if name is None:
            message = (
                f"name a model, for LENET_MODEL names none; there are: {', '.join(self._names()) or 'none'}"
            )
            raise UnknownNameError(message)
        found = self.find(name, version)
        if not isinstance(found, Network):
            message = f"that model reads no digits; these do: {', '.join(self._names()) or 'none'}"
            raise UnknownNameError(message)
        return found

    @property
    def default(self) -> str | None:
        """The model that answers when a request names none; None when several could, or none."""
        if self._default or USUAL in self._networks:
            return self._default or USUAL
        names = self._names()
        return names[0] if len(names) == 1 else None

    def recognisers(self) -> list[Network]:
        """Give the newest version of each model that reads digits."""
        return [network for network in self.newest() if isinstance(network, Network)]

    def _names(self) -> list[str]:
        return [network.card.name for network in self.recognisers()]

    def find(self, name: str, version: str | None = None) -> Served:
        """
        Give a model's version, whatever it is for; without one the newest.

        Raises:
            UnknownNameError: No such model or version is served.
        """
        versions = self._networks.get(name)
        if versions is None:
            message = f"no model of that name is served; there are: {', '.join(self._networks) or 'none'}"
            raise UnknownNameError(message)
        if version is None:
            return next(reversed(versions.values()))
        if version not in versions:
            message = f"{name} has no version of that name; there are: {', '.join(versions)}"
            raise UnknownNameError(message)
        return versions[version]

    def newest(self) -> list[Served]:
        """Give the newest version of each model."""
        return [next(reversed(versions.values())) for versions in self._networks.values()]

    def every(self) -> list[Served]:
        """Give every version of every model."""
        return [network for versions in self._networks.values() for network in versions.values()]

    def versions(self, name: str) -> list[str]:
        """Give the versions of a model that are served, oldest first."""
        return list(self._networks[name])

    def refused(self) -> Mapping[tuple[str, str], Refusal]:
        """Give the versions on disk that cannot be served, by model and version."""
        return self._refused

    def refresh(self) -> bool:
        """
        Load versions that came, take out those whose directory went, and tell whether anything changed.

        A version that is refused is looked at again when its files change. The last version of a model
        stays although its directory went: a folder that cannot be read for a while loses nothing.

        Raises:
            DeviceError: The device that was asked for cannot be had.
        """
        with self._changing:
            found = self._on_disk()
            names = sorted({*found, *self._networks} - self._unloaded)
            networks = {name: self._now(name, found.get(name, {})) for name in names}
            networks = {name: versions for name, versions in networks.items() if versions}
            changed = networks != self._networks
            self._networks = networks
            return changed

    def load(self, name: str) -> None:
        """
        Serve the versions of a model that are on disk now, each read again.

        Raises:
            UnknownNameError: There is no version of such a model on disk.
            ModelError: One of them cannot be served; nothing has changed.
            DeviceError: The device that was asked for cannot be had.
        """
        with self._changing:
            directories = self._on_disk().get(name)
            if not directories:
                message = "the repository has no version of a model of that name"
                raise UnknownNameError(message)
            versions = {version: self._load(directory) for version, directory in directories.items()}
            self._unloaded -= {name}
            self._refused = {key: refusal for key, refusal in self._refused.items() if key[0] != name}
            self._networks = dict(sorted({**self._networks, name: versions}.items()))

    def unload(self, name: str) -> None:
        """
        Stop serving a model until it is loaded; requests that have it already are answered.

        Raises:
            UnknownNameError: No such model is served.
        """
        with self._changing:
            self.find(name)
            self._unloaded |= {name}
            self._networks = {each: found for each, found in self._networks.items() if each != name}

    def _on_disk(self) -> dict[str, dict[str, Path]]:
        """Give the newest directories of each model, oldest first."""
        found: dict[str, dict[str, Path]] = {}
        directories = []
        for path in self._folder.glob("*/[0-9]*/"):
            if path.name.isdecimal():
                directories.append(path)
            else:
                self._refuse(path, "a version is a whole number")
        for path in sorted(directories, key=lambda path: (path.parent.name, int(path.name))):
            found.setdefault(path.parent.name, {})[path.name] = path
        return {
            name: dict(list(versions.items())[-self._most_versions :]) for name, versions in found.items()
        }

    def _now(self, name: str, directories: Mapping[str, Path]) -> dict[str, Served]:
        """Give the versions of a model that are to be served now."""
        served = self._networks.get(name, {})
        now = {}
        for version, directory in directories.items():
            network = served.get(version) or self._loaded(name, version, directory)
            if network:
                now[version] = network
        if not now and served:
            version, network = next(reversed(served.items()))
            return {version: network}
        return now

    def _loaded(self, name: str, version: str, directory: Path) -> Served | None:
        """Load a version, unless it was refused as it is."""
        state = version_files.state(directory)
        refusal = self._refused.get((name, version))
        if refusal and refusal.state == state:
            return None
        try:
            network = self._load(directory)
        except ModelError as error:
            self._refuse(directory, str(error).replace(f"{directory}/", "").replace(str(directory), "it"))
            return None
        self._refused = {key: each for key, each in self._refused.items() if key != (name, version)}
        return network

    def _refuse(self, directory: Path, reason: str) -> None:
        refusal = Refusal(reason, version_files.state(directory))
        self._refused = {**self._refused, (directory.parent.name, directory.name): refusal}


def open_folder(
    folder: Path, *, device: Device, batching: Batching, most_versions: int, default: str = ""
) -> Repository:
    """
    Serve every model in a folder, each by at least one version.

    Raises:
        ModelError: There is no model, or one has no version that can be served.
        DeviceError: The device that was asked for cannot be had.
    """
    repository = Repository(
        folder,
        lambda directory: version_files.load(directory, device=device, batching=batching),
        most_versions=most_versions,
        default=default,
    )
    repository.refresh()
    served = {network.card.name for network in repository.newest()}
    for (name, version), refusal in repository.refused().items():
        if name not in served:
            message = f"{folder / name / version}: {refusal.reason}"
            raise ModelError(message)
    if not served:
        message = (
            f"{folder}: no <model>/<version>/ folder in it; LENET_MODEL_REPOSITORY names the right place"
        )
        raise ModelError(message)
    if default and default not in {network.card.name for network in repository.recognisers()}:
        message = f"{folder}: LENET_MODEL names {default}, and no such model that reads digits is in it"
        raise ModelError(message)
    return repository
