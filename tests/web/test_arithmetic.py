"""The page's arithmetic, without its drawing, against oracles that know nothing of it."""

import itertools
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from service.images.colours import diverging

MODES = {
    "zeros": "constant",
    "replicate": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "circular": "wrap",
}


@pytest.fixture
def run(open_page: Callable[..., Page]) -> Callable[..., Any]:
    """Call a function of a module in the browser."""
    page = open_page("/problems/not-found")

    def run(module: str, expression: str, *values: Any) -> Any:  # noqa: ANN401  what the function answers
        script = f"const m = await import('/web/arithmetic/{module}.js'); return {expression};"
        return page.evaluate(f"async values => {{ {script} }}", list(values))

    return run


@pytest.mark.parametrize("mode", MODES)
def test_borders_are_numpys(run: Callable[..., Any], mode: str) -> None:
    matrix = np.arange(12.0).reshape(3, 4)
    for top, bottom, left, right in itertools.product((0, 2, 5), (1, 4), (0, 3), (2, 7)):
        margins = [[top, bottom], [left, right]]
        places = run(
            "border",
            "m.pad(...values).map(row => row.map(place => place.value))",
            matrix.tolist(),
            margins,
            mode,
        )

        assert places == np.pad(matrix, margins, mode=MODES[mode]).tolist()


def test_same_padding_is_as_frameworks_resolve_it(run: Callable[..., Any]) -> None:
    for size, kernel, stride, dilation in itertools.product((5, 6, 7), (1, 2, 3, 4), (1, 2, 3), (1, 2)):
        axis = {"size": size, "kernel": kernel, "stride": stride, "dilation": dilation}
        before, after = run("border", "m.resolvePadding('same', ...values)", axis)
        before_lower, after_lower = run("border", "m.resolvePadding('same_lower', ...values)", axis)
        found = run("size", "m.outputSize(...values)", {**axis, "before": before, "after": after})

        assert found["size"] == -(-size // stride)
        assert 0 <= after - before <= 1
        assert [before_lower, after_lower] == [after, before]


def test_receptive_fields_are_those_of_the_calculator(run: Callable[..., Any], lab: str) -> None:
    with urllib.request.urlopen(f"{lab}/models/lenet5") as answer:
        layers = json.load(answer)["layers"]
    kernels = [["conv2d_1", [5, 5]], ["conv2d_2", [5, 5]], ["conv2d_3", [1, 1]]]
    stack = [{"type": "Input", "shape": [28, 28, 1]}]
    pool = {"type": "AveragePooling2D"}
    for layer, size in (("conv", 5), ("pool", 2), ("conv", 5), ("pool", 2), ("conv", 1)):
        stack.append({"type": "Conv2D", "filters": 1, "kernel_size": size} if layer == "conv" else pool)
    body = json.dumps({"layers": stack}).encode()
    request = urllib.request.Request(f"{lab}/architecture", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        fields = [one["receptive_field"] for one in json.load(answer)["layers"]]
    input_layer = {"name": "input", "type": "", "output_shape": [28, 28, 1]}
    sights = run("receptive-field", "m.sights(values[0], [28, 28, 1], new Map(values[1]))", layers, kernels)
    for layer in range(1, 6):
        spot = {"map": 0, "row": 2, "column": 2}
        links = run(
            "sight-chain",
            "m.sightChain(...values)",
            {"layer": layer, "spot": spot},
            [input_layer, *layers],
            sights,
        )
        region = links[-1]["region"]
        if layer == 1:
            assert region == {"top": 0, "left": 0, "bottom": 4, "right": 4}

        assert [region["bottom"] - region["top"] + 1, region["right"] - region["left"] + 1] == fields[layer]


def test_colours_are_those_of_the_services_pictures(run: Callable[..., Any]) -> None:
    values = np.linspace(-1.2, 1.2, 241)
    told = run(
        "colour-scale", "values[0].map(value => m.colour(value, 1, 'light').background)", values.tolist()
    )
    colours = np.array([[int(part) for part in text[4:-1].split()] for text in told])

    # Halves round to the other step here and there; a step is at most three levels.
    assert np.abs(colours - diverging(values, 1).astype(int)).max() <= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_on_every_colour(run: Callable[..., Any], theme: str) -> None:
    values = np.linspace(-1, 1, 255).tolist()
    told = run("colour-scale", "values[0].map(value => m.colour(value, 1, values[1]))", values, theme)

    def luminance(channels: list[int]) -> float:
        shares = [value / 255 for value in channels]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    for one in told:
        back = luminance([int(part) for part in one["background"][4:-1].split()])
        text = luminance([255] * 3 if one["text"] == "#ffffff" else [0] * 3)

        assert (max(back, text) + 0.05) / (min(back, text) + 0.05) >= 4.5


def test_strokes_survive_the_address_within_a_thousandth(run: Callable[..., Any]) -> None:
    angles = np.linspace(0, 6, 400)
    spiral = [
        {"x": float(0.5 + 0.06 * a * np.cos(a)), "y": float(0.5 + 0.06 * a * np.sin(a))} for a in angles
    ]
    text = run(
        "strokes", "m.writeStrokes(values[0].map(one => m.simplify(one)))", [spiral, [{"x": 0.25, "y": 0.75}]]
    )
    back = run("strokes", "m.readStrokes(...values)", text)
    line = np.array([[point["x"], point["y"]] for point in back[0]])

    assert len(text) < 300
    assert back[1] == [pytest.approx({"x": 0.25, "y": 0.75}, abs=1e-3)]
    for point in spiral:
        here = np.array([point["x"], point["y"]])
        start, step = line[:-1], np.diff(line, axis=0)
        along = np.clip(((here - start) * step).sum(1) / (step**2).sum(1), 0, 1)

        assert np.linalg.norm(start + along[:, None] * step - here, axis=1).min() < 5e-3


def test_arrays_are_written_as_numpy_reads_them(run: Callable[..., Any], tmp_path: Any) -> None:  # noqa: ANN401
    for shape in ((28, 28), (3, 5, 2), (7,)):
        values = (np.arange(np.prod(shape)) % 256).astype(np.uint8)
        told = run(
            "npy",
            "Array.from(m.writeBytes(Uint8Array.from(values[0]), values[1]))",
            values.tolist(),
            list(shape),
        )
        file = tmp_path / "told.npy"
        file.write_bytes(bytes(told))

        assert (np.load(file) == values.reshape(shape)).all()


def test_a_matrix_survives_the_address(run: Callable[..., Any]) -> None:
    matrix = [[1, -2.5, 0.0625], [1 / 9, 1e-7, 300.123456789]]
    assert run("address", "m.readMatrix(m.writeMatrix(values[0]), {most: 8})", matrix) == matrix
    for nonsense in ("1,2;3", "a", "1,,2", "1e9", ",".join(["1"] * 9), "NaN", "Infinity"):
        assert run("address", "m.readMatrix(values[0], {most: 8})", nonsense) is None
