"""The report shows what the card says, and every mistake."""

import re
from pathlib import Path

import pytest

from training.charts import Curve, curves, reliability_diagram
from training.evaluation import ReliabilityBin


def test_a_curve_is_drawn_from_its_first_to_its_last_epoch() -> None:
    page = curves(
        "Loss", [Curve("a <b>", "training", [0.4, 0.2, 0.1]), Curve("b", "validation", [0.3, 0.2, 0.2])]
    )
    lines = re.findall(r'<polyline class="(\w+)" clip-path="[^"]+" points="([^"]+)"', page)
    points = [tuple(map(float, point.split(","))) for point in lines[0][1].split()]

    assert [name for name, _ in lines] == ["training", "validation"]
    assert len(points) == 3
    assert points[0][0] < points[1][0] < points[2][0]
    assert points[0][1] < points[1][1] < points[2][1]
    assert "a &lt;b&gt;" in page


@pytest.mark.parametrize("values", [[0.0], [0.0, 0.0], [1e-6], [0.37], [1.0], [2.3], [1234.0, 7.0]])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    page = curves("Loss", [Curve("a", "training", values)])

    assert "nan" not in page
    assert "inf" not in page


def test_a_bar_is_as_high_as_the_network_is_right() -> None:
    page = reliability_diagram(
        [ReliabilityBin(0.4, 0.5, 10, 0.45, 0.5), ReliabilityBin(0.9, 1.0, 90, 0.98, 1.0)]
    )
    half, full = (float(each) for each in re.findall(r'class="bar"[^>]+height="([\d.]+)"', page))

    assert half / full == pytest.approx(0.5)
    assert "90 images, sure 98.0%, right 100.0%" in page


def test_every_mistake_is_shown_with_label_answer_and_confidence(trained_version: Path) -> None:
    page = (trained_version / "report.html").read_text(encoding="utf-8")
    shown = re.findall(
        r'src="data:image/png;base64,[^"]+"><figcaption>(\d) read as <b>(\d)</b><small>([\d.]+)% sure', page
    )
    errors = int(re.search(r"<b>(\d+)</b><span>errors</span>", page).group(1))

    assert len(shown) == min(errors, 200)
    assert all(label != answer for label, answer, _ in shown)
    assert [float(sure) for *_, sure in shown] == sorted((float(sure) for *_, sure in shown), reverse=True)
