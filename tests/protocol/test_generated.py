"""The messages of gRPC are what the protocol's text says."""

from pathlib import Path

import pytest
from grpc_tools import protoc

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("ending", ["py", "pyi"])
def test_the_generated_code_is_current(ending: str, tmp_path: Path) -> None:
    made = protoc.main(
        ["", f"-I{ROOT}", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", "service/grpc/inference.proto"]
    )
    assert made == 0
    name = f"service/grpc/inference_pb2.{ending}"

    assert (ROOT / name).read_text() == (tmp_path / name).read_text(), "`make proto` writes it anew"
