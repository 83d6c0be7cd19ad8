"""The report shows what the card says, and every mistake."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from training.charts import Curve, curves, kernels, reliability_diagram
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
    assert re.findall(r'class="count"[^>]+>([\d,]+)<', page) == ["10", "90"]


def test_what_a_kernel_looks_for_and_avoids_is_told_apart() -> None:
    page = kernels([[[0.5, -1.0], [0.0, 0.25]]], 1.0)
    cells = re.findall(r'class="(for|against)" x="(\d)" y="(\d)"[^>]+opacity="([\d.]+)"', page)

    assert cells[:2] == [("for", "0", "0", "0.50"), ("against", "1", "0", "1.00")]
    assert cells[3] == ("for", "1", "1", "0.25")


def test_every_mistake_is_shown_with_label_answer_and_confidence(trained_version: Path) -> None:
    page = (trained_version / "report.html").read_text(encoding="utf-8")
    evaluation = json.loads((trained_version / "card.json").read_text(encoding="utf-8"))["evaluation"]

    for kind in ("test", "validation"):
        shown = re.findall(
            rf'alt="{kind} image \d+" src="data:image/png;base64,[^"]+">'
            r"<figcaption>(\d) read as <b>(\d)</b><small>([\d.]+)% sure",
            page,
        )
        sure = [float(each) for *_, each in shown]

        assert len(shown) == min(evaluation[kind]["errors"], 200)
        assert all(label != answer for label, answer, _ in shown)
        assert sure == sorted(sure, reverse=True)


def test_the_report_tells_of_digits_families_kernels_and_the_lectures_errors(trained_version: Path) -> None:
    card = json.loads((trained_version / "card.json").read_text(encoding="utf-8"))
    page = (trained_version / "report.html").read_text(encoding="utf-8")
    rows = [
        [unescape(cell) for cell in re.findall(r"<td>([^<]*)</td>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", page)
    ]
    named = {row[0]: row[1:] for row in rows if row}

    assert named["test images, the lecture's slides"][:3] == ["10,000", "119", "98.81%"]
    assert {str(digit) for digit in range(10)} <= set(named)
    for name, each in card["robustness"].items():
        assert named[name][:3] == [str(each[figure]) for figure in ("drawn", "images", "errors")]
    for name, share in (card["familiarity"]["letters"] | card["familiarity"]["digits"]).items():
        assert named[name] == [f"{share:.1%}"]
    assert re.findall(r"<th>epoch (\d+)</th>", page) == ["1"]
