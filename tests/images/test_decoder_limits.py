"""OpenCV has a limit of its own on pixels, whoever loads it first."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from PIL import Image

from service.settings import Limits

Encode = Callable[..., bytes]
LIMIT = Limits.model_fields["max_image_pixels"].default
SCRIPT = """
import importlib, sys
importlib.import_module(sys.argv[1])
import cv2, numpy
file = numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8)
try:
    print(cv2.imdecode(file, cv2.IMREAD_UNCHANGED).shape)
except cv2.error:
    print("refused")
"""


def decoded_by_opencv(file: bytes, module: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module],
        input=file,
        stdout=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if "OPENCV" not in name} | environment,
        check=True,
    )
    return done.stdout.decode().strip()


@pytest.mark.parametrize("module", ["service.app", "service.images.encoding", "service.digits.preparation"])
def test_the_decoder_itself_refuses_a_picture_above_the_limit(module: str, encode: Encode) -> None:
    width = 4_000
    height = LIMIT // width

    assert decoded_by_opencv(encode(Image.new("1", (width, height))), module) == str((height, width))
    assert decoded_by_opencv(encode(Image.new("1", (width, height + 1))), module) == "refused"


def test_a_limit_of_whoever_starts_the_service_is_kept(encode: Encode) -> None:
    file = encode(Image.new("1", (30, 20)))

    for limit, answer in (("599", "refused"), ("600", "(20, 30)")):
        found = decoded_by_opencv(file, "service.images.decoding", OPENCV_IO_MAX_IMAGE_PIXELS=limit)
        assert found == answer
