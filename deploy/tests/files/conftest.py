"""The manifests, as kubectl renders them."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())

Manifests = dict[str, Any]
Render = Callable[..., Manifests]


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Render an overlay with components, by kubectl; give the manifests by their kind."""

    def render(overlay: str, *components: str) -> Manifests:
        # Beside the overlays: kustomize takes nothing from outside of what it is pointed at, but by folder.
        folder = KUBERNETES / "overlays" / overlay
        if components:
            folder = tmp_path_factory.mktemp(overlay)
            above = Path(*[".."] * len(folder.parts[1:]), *KUBERNETES.parts[1:])
            kustomization = {
                "resources": [str(above / "overlays" / overlay)],
                "components": [str(above / "components" / component) for component in components],
            }
            (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        kubectl = ROOT / ".venv" / "deploy" / "bin" / "kubectl"
        done = subprocess.run([kubectl, "kustomize", folder], check=True, capture_output=True, text=True)
        assert not done.stderr
        found = list(yaml.safe_load_all(done.stdout))
        kinds = {manifest["kind"]: manifest for manifest in found}
        assert len(kinds) == len(found)
        return kinds

    return render


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)
