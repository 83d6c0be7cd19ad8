"""One colour scale for signed numbers."""

import numpy as np
import pytest

from service.images import colours, rendering


def test_zero_is_neutral_and_signs_are_blue_and_red() -> None:
    blue, neutral, red = colours.diverging(np.array([-2.0, 0.0, 2.0]), 2.0).tolist()

    assert max(neutral) == min(neutral)
    assert blue[2] > blue[0]
    assert red[0] > red[2]


def test_each_side_darkens_from_zero_on() -> None:
    scale = colours.diverging(np.linspace(-1, 1, 255), 1.0)
    lightness = scale @ [0.2126, 0.7152, 0.0722]

    assert (np.diff(lightness[:128]) >= 0).all()
    assert (np.diff(lightness[127:]) <= 0).all()
    assert len(np.unique(scale, axis=0)) == 255


@pytest.mark.parametrize(("value", "limit"), [(0, 0), (1e-45, 1e-45), (3e38, 3e38), (5, 1)])
def test_any_magnitude_is_drawn(value: float, limit: float) -> None:
    drawn = colours.diverging(np.array([value], np.float32), limit)

    assert np.array_equal(drawn, colours.diverging(np.array([1.0 if value else 0.0]), 1.0))


def test_one_map_is_drawn_as_it_is_and_several_side_by_side() -> None:
    maps = np.stack([np.full((2, 3), value, np.float32) for value in (0, 100, 255, 300)])

    assert rendering.render(maps[:1], "clip").shape == (2, 3)
    assert rendering.render(maps[:1], "diverging").shape == (2, 3, 3)
    assert rendering.render(maps[:3], "minmax").shape == (2, 3, 3)
    assert rendering.render(maps, "clip")[::2, ::3].tolist() == [[0, 100], [255, 255]]
    assert rendering.render(maps[:3], "diverging").shape == (4, 6, 3)


def test_minmax_stretches_all_maps_together_and_a_flat_one_is_black() -> None:
    maps = np.array([[[-1.0]], [[0.0]], [[1.0]], [[1.0]]], np.float32)

    assert rendering.render(maps, "minmax").tolist() == [[0, 128], [255, 255]]
    assert rendering.render(maps[-1:], "minmax").tolist() == [[0]]
