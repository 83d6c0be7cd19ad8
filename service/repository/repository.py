"""The served models: folders of ``<model>/<version>/`` directories, of which versions come and go."""

import gc
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service.digits.ink import InkNetwork
from service.digits.network import Network
from service.errors import ModelError, UnknownNameError, UnservedError
from service.repository import control, folders, sandbox, trials, version_files
from service.repository.control import Request
from service.repository.folders import LAYERS_SUFFIX, Look, Refusal, Untried, in_order, reason, reasons
from service.repository.loader import Loader, UntriedError
from service.repository.trials import Trials

LATEST = "latest"
"""In place of a version: that which is the newest at any time."""

USUAL = "lenet5"
"""The model that answers, where several could, when neither a request nor a setting names one."""

BESIDE = "lenet5-1998"
"""The package's other recogniser: it answers only where it is named."""

INK = "ink"
"""The model that finds ink."""

Served = Network | InkNetwork


@dataclass(frozen=True)
class _Model:
    """What is served of a model, from one folder: its versions, oldest first, and the one that answers."""

    folder: Path
    versions: Mapping[str, Served]
    current: str
    pinned: str | None


class Repository:
    """
    The versions of every model, newest last.

    ``refresh`` looks at the folders again. What requests see changes at once and as a whole: a version is
    loaded, verified and warmed before, and whoever found a version keeps it until the answer. What is new is
    tried before that, by ``try_next``: no look waits for it.

    The first folder is the operator's. A model of which it has a version that can be served is served from
    there alone; of the others, the next folder's versions are.
    """

    def __init__(
        self, folders: Sequence[Path], loader: Loader, *, most_versions: int, default: str = ""
    ) -> None:
        """
        Serve nothing yet.

        Args:
            folders: Each holds ``<model>/<version>/``; the first one's models hide others of their names.
            loader: Loads, verifies and warms a version.
            most_versions: Of each model, the newest that are served, besides one that is pinned.
            default: The model that answers when a request names none; "" for the only one, or the usual.
        """
        self._folders = folders
        self._loader = loader
        self._trials = Trials(loader)
        self._most_versions = most_versions
        self._default = default
        self._models: dict[str, _Model] = {}
        self._refused: dict[tuple[str, str], Refusal] = {}
        self._requests: Mapping[str, Request] = {}
        self._without_layers: frozenset[str] = frozenset()
        self._on_disk_versions: Mapping[str, Sequence[str]] = {}
        # Served since before a request to load them.
        self._outdated: set[tuple[str, str]] = set()
        self._changing = threading.Lock()

    def recogniser(self, name: str | None = None, version: str | None = None) -> Network:
        """
        Give a version of a model that reads digits: by default that of the default model which answers.

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

    def ink(self) -> InkNetwork:
        """
        Give the network that finds ink.

        Raises:
            UnservedError: None is served under the name ``ink``.
        """
        model = self._models.get(INK)
        network = model.versions[model.current] if model else None
        if not isinstance(network, InkNetwork):
            message = f"the ink of such a picture is found by the model {INK}, which is not served now"
            raise UnservedError(message)
        return network

    @property
    def default(self) -> str | None:
        """The model that answers when a request names none; None when several could, or none."""
        if self._default or USUAL in self._models:
            return self._default or USUAL
        names = [name for name in self._names() if name != BESIDE]
        return names[0] if len(names) == 1 else None

    def recognisers(self) -> list[Network]:
        """Give of each model that reads digits the version that answers where none is named."""
        return [network for network in self.current() if isinstance(network, Network)]

    def _names(self) -> list[str]:
        return [network.card.name for network in self.recognisers()]

    def find(self, name: str, version: str | None = None) -> Served:
        """
        Give a model's version, whatever it is for; without one the pinned, or else the newest.

        Raises:
            UnknownNameError: No such model or version is served.
        """
        model = self._models.get(name)
        if model is None:
            message = f"no model of that name is served; there are: {', '.join(self._models) or 'none'}"
            raise UnknownNameError(message)
        if version is None:
            return model.versions[model.current]
        if version not in model.versions:
            message = f"{name} has no version of that name; there are: {', '.join(model.versions)}"
            raise UnknownNameError(message)
        return model.versions[version]

    def current(self) -> list[Served]:
        """Give of each model the version that answers where none is named."""
        return [model.versions[model.current] for model in self._models.values()]

    def every(self) -> list[Served]:
        """Give every version of every model."""
        return [network for model in self._models.values() for network in model.versions.values()]

    def versions(self, name: str) -> list[str]:
        """Give the versions of a model that are served, oldest first."""
        model = self._models.get(name)
        return list(model.versions) if model else []

    def pinned(self, name: str) -> str | None:
        """Give the version that a model is pinned at; it answers, unless it is refused."""
        model = self._models.get(name)
        return model.pinned if model else None

    def serves_from(self, folder: Path) -> bool:
        """Tell whether any model is served from a folder."""
        return any(model.folder == folder for model in self._models.values())

    def refused(self) -> Mapping[tuple[str, str], Refusal]:
        """Give what is on disk and cannot be served, by model and version."""
        return self._refused

    def unloaded(self) -> list[str]:
        """Give the models on disk that are not served because that was asked for."""
        return sorted(name for name, request in self._requests.items() if request.verb == "unload")

    def serves_layers(self, name: str) -> bool:
        """Tell whether the layers of a model are served: it reads digits, and they were not unloaded."""
        model = self._models.get(name)
        return (
            model is not None
            and isinstance(model.versions[model.current], Network)
            and name not in self._without_layers
        )

    def on_disk(self, name: str) -> Sequence[str]:
        """Give the versions of a model that were on disk when it was looked at last, oldest first."""
        return self._on_disk_versions.get(name, ())

    def untried(self) -> list[tuple[str, str]]:
        """Give what is on disk and was not tried yet, by model and version, the next one first."""
        return list(self._trials.waiting)

    def settle(self) -> None:
        """
        Do as ``refresh``, and try what came, but no longer than ``trials.TOGETHER_S``.

        Raises:
            ModelError: A folder cannot be read.
            DeviceError: The device that was asked for cannot be had.
        """
        until = time.monotonic() + trials.TOGETHER_S
        self.refresh()
        while time.monotonic() < until and self.try_next(until=until):
            self.refresh()

    def try_next(self, *, until: float = math.inf) -> bool:
        """
        Try the version whose turn it is, and tell whether there was one; the next look serves or refuses it.

        From any thread: looks go on.

        Args:
            until: When it has to end at the latest, on the monotonic clock.
        """
        key, untried = next(iter(self._trials.waiting.items()), (None, None))
        if key is None or untried is None:
            return False
        refusal = self._trials.run(untried.directory, untried.state, until=until)
        if refusal:
            with self._changing:
                self._refused = {**self._refused, key: refusal}
        return True

    def refresh(self) -> bool:
        """
        Load versions that came, take out those whose directory went, and tell whether anything changed.

        One whose network was not tried yet waits for ``try_next``. A version that is refused is looked at
        again when its files change. The last version of a model stays although its directory went, and so
        does all of it while its folder cannot be read: an outage loses nothing.

        Raises:
            ModelError: A folder cannot be read; nothing has changed.
            DeviceError: The device that was asked for cannot be had.
        """
        with self._changing:
            before = set(map(id, self.every()))
            changed = self._refresh()
        if not before <= set(map(id, self.every())):
            _free()
        return changed

    def load(self, name: str) -> None:
        """
        Serve the versions of a model that are on disk now, each read again, wherever the folder is served.

        Of layers, the model that has them is loaded unless it is served.

        Raises:
            UnknownNameError: There is no version of such a model on disk.
            ModelError: None of them can be served, or was tried in time; nothing has changed.
            InvalidInputError: The request cannot be written; nothing has changed.
            DeviceError: The device that was asked for cannot be had.
        """
        network = name.removesuffix(LAYERS_SUFFIX)
        if network == name:
            self._load(name)
            return
        if network not in self._models:
            self._load(network)
        with self._changing:
            self._require_recogniser(network)
            self._ask_layers(network, "load")

    def _load(self, name: str) -> None:
        with self._changing:
            look = folders.look(self._folders)
            folder, directories = self._on_disk(look, name)
            others = {key: refusal for key, refusal in self._refused.items() if key[0] != name}
            # Nothing is known of it: all is tried again.
            self._refused = {**others, **self._tried(name, directories)}
            model = self._from(folder, directories, name, look, None)
            own = {key: refusal for key, refusal in look.refused.items() if key[0] == name}
            self._refused = {**others, **own}
            waiting = {key: one for key, one in self._trials.waiting.items() if key[0] != name}
            self._trials.wait_for({**waiting, **look.untried})
            if model is None:
                raise ModelError(reasons(own) or "its versions were not tried yet")
            self._ask(name, "load")
            self._models = dict(sorted({**self._models, name: model}.items()))

    def unload(self, name: str) -> None:
        """
        Serve nothing of a model until it is loaded, wherever the folder is served.

        Its layers go with it; they can also be unloaded alone. Requests that have it already are answered.

        Raises:
            UnknownNameError: No such model is served.
            InvalidInputError: The request cannot be written; nothing has changed.
        """
        with self._changing:
            network = name.removesuffix(LAYERS_SUFFIX)
            if network != name:
                self._require_layers(network)
                self._ask_layers(network, "unload")
                return
            self.find(name)
            self._ask(name, "unload")
            self._models = {each: found for each, found in self._models.items() if each != name}
        _free()

    def stop(self) -> None:
        """Let whatever is being loaded end soon: the service stops."""
        self._loader.stop()

    def pin(self, name: str, version: str) -> None:
        """
        Let a version of a model answer from now on, here and wherever the same folder is served.

        A model that was unloaded is loaded.

        Args:
            name: Of a model on disk.
            version: One of its versions, or ``LATEST``, which takes the pin away.

        Raises:
            UnknownNameError: There is no such model or version on disk.
            ModelError: It cannot be served; nothing has changed.
            InvalidInputError: The pin cannot be written; nothing has changed.
            DeviceError: The device that was asked for cannot be had.
        """
        with self._changing:
            self._pin(name, version)
            self._refresh()

    def pin_on_disk(self, name: str, version: str) -> None:
        """
        Do the same for others alone: serve nothing.

        Raises:
            UnknownNameError: There is no such model or version on disk.
            ModelError: It cannot be served; nothing has changed.
            InvalidInputError: The pin cannot be written; nothing has changed.
        """
        with self._changing:
            try:
                self._pin(name, version)
            finally:
                self._loader.close()

    def _pin(self, name: str, version: str) -> None:
        look = folders.look(self._folders)
        _, directories = self._on_disk(look, name)
        if version == LATEST:
            control.pin(self._folders[0], name, None)
        else:
            self._pin_version(name, version, directories)
        if name in look.requests and look.requests[name].verb == "unload":
            control.request(self._folders[0], name, "load")

    def _pin_version(self, name: str, version: str, directories: Mapping[str, Path]) -> None:
        if version not in directories:
            message = f"{name} has no version of that name; there are: {', '.join(directories)}"
            raise UnknownNameError(message)
        model = self._models.get(name)
        if model is None or version not in model.versions:
            self._require(directories[version])
        control.pin(self._folders[0], name, version)

    def _require(self, directory: Path) -> None:
        try:
            self._loader.prove(directory, within_s=sandbox.DEADLINE_S)
            self._of_its_role(directory.parent.name, self._loader.load(directory))
        except ModelError as error:
            raise ModelError(reason(error, directory)) from error
        key = directory.parent.name, directory.name
        self._refused = {each: refusal for each, refusal in self._refused.items() if each != key}

    def _of_its_role(self, name: str, network: Served) -> Served:
        """
        Give a network that may have this name: the models that the service asks itself have a role each.

        Raises:
            ModelError: It has another role.
        """
        if name == INK and not isinstance(network, InkNetwork):
            message = f"its role is recogniser, and the model {name} finds ink"
            raise ModelError(message)
        if name == USUAL and not isinstance(network, Network):
            message = f"its role is ink, and the model {name} reads digits"
            raise ModelError(message)
        return network

    def _tried(self, name: str, directories: Mapping[str, Path]) -> dict[tuple[str, str], Refusal]:
        """Try versions, the newest first, and once more what was slow; give those that are refused."""
        until = time.monotonic() + trials.TOGETHER_S
        refused: dict[tuple[str, str], Refusal] = {}
        for version, directory in 2 * list(reversed(list(directories.items()))):
            if (name, version) not in refused and time.monotonic() < until:
                refusal = self._trials.run(directory, version_files.state(directory), until=until)
                if refusal:
                    refused[name, version] = refusal
        return refused

    def _ask(self, name: str, verb: Literal["load", "unload"]) -> None:
        """Ask all that serve the folder for what was just done here."""
        self._requests = {**self._requests, name: control.request(self._folders[0], name, verb)}

    def _ask_layers(self, name: str, verb: Literal["load", "unload"]) -> None:
        """Do as ``_ask`` for the layers of a model."""
        control.request(self._folders[0], name, verb, control.REQUESTED_LAYERS)
        others = self._without_layers - {name}
        self._without_layers = others | {name} if verb == "unload" else others

    def _require_recogniser(self, name: str) -> None:
        if not isinstance(self.find(name), Network):
            message = f"{name} has no layers to ask for"
            raise UnknownNameError(message)

    def _require_layers(self, name: str) -> None:
        self._require_recogniser(name)
        if not self.serves_layers(name):
            message = f"the layers of {name} are not served"
            raise UnknownNameError(message)

    def _note_requests(self, look: Look) -> None:
        """Take up what was requested since the last look."""
        before = self._requests
        self._requests = {
            name: request if request.verb else before.get(name, request)
            for name, request in look.requests.items()
        }
        for name in {*before, *self._requests}:
            if before.get(name) != self._requests.get(name):
                self._refused = {key: one for key, one in self._refused.items() if key[0] != name}
                self._outdated |= {(name, version) for version in self.versions(name)}

    def _refresh(self) -> bool:
        look = folders.look(self._folders)
        self._note_requests(look)
        self._without_layers = frozenset(look.without_layers)
        names = {*self._models, *(name for found in look.directories.values() for name in found)}
        found = {name: self._now(name, look) for name in sorted(names - set(self.unloaded()))}
        models = {name: model for name, model in found.items() if model}
        self._on_disk_versions = {name: self._listed(look, name) for name in names}
        changed = models != self._models
        self._models, self._refused = models, look.refused
        self._trials.wait_for(look.untried)
        return changed

    def _listed(self, look: Look, name: str) -> Sequence[str]:
        """Give the versions of a model in the first folder that has any."""
        found = (look.directories[folder].get(name) for folder in self._folders)
        return next((list(directories) for directories in found if directories), [])

    def _on_disk(self, look: Look, name: str) -> tuple[Path, dict[str, Path]]:
        """
        Give the folder from which a model is to be served, and its versions there.

        Raises:
            UnknownNameError: There is none in any folder.
        """
        for folder in self._folders:
            if directories := look.directories[folder].get(name):
                return folder, directories
        message = "the repository has no version of a model of that name"
        raise UnknownNameError(message)

    def _now(self, name: str, look: Look) -> _Model | None:
        """Give what is to be served of a model now."""
        before = self._models.get(name)
        for folder in self._folders:
            served = before if before and before.folder == folder else None
            directories = look.directories[folder].get(name, {})
            if directories is None and served:
                return served
            if model := self._from(folder, directories or {}, name, look, served):
                return model
        return None

    def _from(
        self, folder: Path, directories: Mapping[str, Path], name: str, look: Look, served: _Model | None
    ) -> _Model | None:
        """
        Serve a model from a folder, if that can be.

        Args:
            folder: Where its versions are.
            directories: Those versions, oldest first.
            name: The model's.
            look: What is on disk; learns what is refused, and what was not tried.
            served: What is served of it from there already, and is not loaded again.
        """
        pin = look.pins.get(name)
        now = self._servable(directories, name, look, served.versions if served else {})
        # A pin that cannot be read, or is on a version that was not tried yet, changes nothing.
        is_open = pin == "" or (name, pin) in look.untried
        if served and (is_open or not now):
            now.setdefault(served.current, served.versions[served.current])
        if not now:
            return None
        now = dict(sorted(now.items(), key=lambda item: in_order(item[0])))
        current = next(reversed(now))
        if pin is not None and pin in now:
            current = pin
        elif is_open and served:
            current = served.current
        if pin is not None and pin not in directories:
            look.refused.setdefault((name, pin), Refusal("it is pinned, and there is no such version"))
        return _Model(folder, now, current, pin or None)

    def _servable(
        self, directories: Mapping[str, Path], name: str, look: Look, own: Mapping[str, Served]
    ) -> dict[str, Served]:
        """Give the newest versions that can be served, and the pinned one; those in ``own`` are loaded."""
        now: dict[str, Served] = {}
        pin = look.pins.get(name)
        for place, (version, directory) in enumerate(reversed(list(directories.items())), 1):
            if len(now) < self._most_versions or version == pin:
                network = own.get(version)
                if network is None or (name, version) in self._outdated:
                    state = version_files.state(directory)
                    untried = Untried(directory, state, 0 if version == pin else place)
                    loaded = self._loaded(name, version, untried, look)
                    # What is served goes on until what came in its place was tried.
                    if loaded or (name, version) not in look.untried:
                        network = loaded
                        self._outdated.discard((name, version))
                if network:
                    now[version] = network
        return now

    def _loaded(self, name: str, version: str, found: Untried, look: Look) -> Served | None:
        """Load a version, unless it was refused as it is, or was not tried."""
        known = self._refused.get((name, version))
        if known and known.state == found.state and time.monotonic() < known.again:
            look.refused[name, version] = known
            return None
        try:
            return self._of_its_role(name, self._loader.load(found.directory))
        except UntriedError:
            look.untried[name, version] = found
        except ModelError as error:
            again = time.monotonic() + error.again_s
            look.refused[name, version] = Refusal(reason(error, found.directory), found.state, again)
        return None


def _free() -> None:
    """Give back what networks took that are not served any more: each is a cycle with its queue."""
    gc.collect()
