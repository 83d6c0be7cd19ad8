"""The pictures that are sent are what their names say."""

import io
from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from scipy import ndimage

from benchmarks import sent
from benchmarks.sent import CANVAS, DRAWING, FRAMED, PHOTO, SCAN


def opened(file: sent.File) -> Image.Image:
    return Image.open(io.BytesIO(file.content))


def pixels(file: sent.File) -> npt.NDArray[np.uint8]:
    return np.asarray(opened(file))


@pytest.fixture(scope="module")
def files() -> dict[str, list[sent.File]]:
    return {kind: sent.every_digit(kind) for kind in sent.KINDS if kind != PHOTO}


@pytest.fixture(scope="module")
def photos() -> list[sent.File]:
    """Two photos: a hundred take seconds."""
    random = np.random.default_rng(3)
    digits = sent.golden()[0]
    return [sent.File(sent.KINDS[PHOTO](digits[digit], random), "image/jpeg", digit) for digit in (2, 5)]


@pytest.mark.parametrize(
    ("kind", "written", "mode", "size"),
    [
        (FRAMED, "PNG", "L", (28, 28)),
        (DRAWING, "PNG", "L", (28, 28)),
        (CANVAS, "PNG", "RGBA", (280, 280)),
        (SCAN, "PNG", "L", (300, 400)),
    ],
)
def test_files_have_the_format_and_the_size_that_is_named(
    kind: str, written: str, mode: str, size: tuple[int, int], files: dict[str, list[sent.File]]
) -> None:
    found = {(one.format, one.mode, one.size) for one in map(opened, [sent.seven(kind), *files[kind]])}

    assert found == {(written, mode, size)}


def test_photos_are_jpeg_of_800x600(photos: list[sent.File]) -> None:
    found = {(one.format, one.size) for one in map(opened, [sent.seven(PHOTO), *photos])}

    assert found == {("JPEG", (800, 600))}


def test_every_digit_is_there_as_often_in_pictures_that_differ(files: dict[str, list[sent.File]]) -> None:
    for of_kind in files.values():
        assert Counter(file.digit for file in of_kind) == dict.fromkeys(range(10), 10)
        assert len({file.content for file in of_kind}) == 100


def test_the_same_pictures_are_made_again(files: dict[str, list[sent.File]]) -> None:
    assert sent.every_digit(CANVAS) == files[CANVAS]


def test_framed_pictures_have_mnists_box_and_centre_of_mass(files: dict[str, list[sent.File]]) -> None:
    for file in files[FRAMED]:
        image = pixels(file)
        rows, columns = ndimage.find_objects((image > 0).astype(int))[0]
        assert 19 <= max(rows.stop - rows.start, columns.stop - columns.start) <= 20
        assert np.abs(np.subtract(ndimage.center_of_mass(image), 14)).max() <= 1
        assert image.mean() < 127


def test_drawings_are_dark_on_light_and_not_framed_as_mnists(files: dict[str, list[sent.File]]) -> None:
    off = 0
    for file in files[DRAWING]:
        image = pixels(file)
        assert image.mean() > 127
        off += np.abs(np.subtract(ndimage.center_of_mass(255 - image.astype(int)), 14)).max() > 1

    assert off >= 60


def test_a_canvas_is_opaque_flat_black_on_white(files: dict[str, list[sent.File]]) -> None:
    for file in files[CANVAS]:
        image = pixels(file)
        grey = image[..., 0]
        assert (image[..., 3] == 255).all()
        assert (image[..., :3] == grey[..., None]).all()
        assert (grey.min(), grey.max()) == (0, 255)
        assert ((grey == 0) | (grey == 255)).mean() > 0.95


def test_a_scan_has_a_light_noise_on_its_paper(files: dict[str, list[sent.File]]) -> None:
    for file in files[SCAN]:
        image = pixels(file)
        paper = image[image > 200]
        assert 1 < paper.std() < 5
        assert image.min() < 60


def test_a_photo_is_in_colour_and_light_where_it_is_paper(photos: list[sent.File]) -> None:
    for photo in photos:
        assert opened(photo).mode == "RGB"
        assert len(np.unique(pixels(photo))) > 50


def test_of_golden_pictures_alone_the_probabilities_are_known() -> None:
    assert {kind for kind in sent.KINDS if sent.seven(kind).probabilities is not None} == {FRAMED}


@pytest.mark.parametrize("kind", sent.KINDS)
def test_rates_are_measured_with_a_seven(kind: str) -> None:
    assert sent.seven(kind).digit == 7
