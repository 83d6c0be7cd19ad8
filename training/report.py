"""The model card to look at: one page with figures, curves, tables and every mistake."""

import base64
import importlib.resources
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import cv2
import numpy as np

from training import networks
from training.card import Card
from training.charts import Curve, curves, kernels, reliability_diagram
from training.data import Mnist, Part, split
from training.drawing import Picture
from training.evaluation import Evaluation, Probabilities
from training.nondigits import LOOKALIKES
from training.readme import counted

REPORT = "report.html"
TEMPLATE = "report.template.html"
MOST_MISTAKES = 200
"""A trial makes thousands of mistakes; the page shows the surest of them."""


MOST_FILTERS = 16
"""Kernels of one epoch that are drawn."""


def write_report(
    folder: Path, card: Card, mnist: Mnist, validated: Probabilities, tested: Probabilities
) -> None:
    """
    Write ``report.html``, one file without scripts that asks no host for anything.

    Args:
        folder: Of the version.
        card: What the page says.
        mnist: Whose images the mistakes are shown from; so the page stays where it was made.
        validated: The network's answers to the validation images, ``(number, 10)``.
        tested: And to the test images.
    """
    _, validation = split(mnist, card.training.training_images)
    page = importlib.resources.files("training").joinpath(TEMPLATE).read_text(encoding="utf-8")
    test, history = card.evaluation.test, card.training.history
    text = Template(page).substitute(
        title=escape(f"{card.name} {card.version}"),
        subtitle=_subtitle(card),
        figures=_figures(card),
        loss=curves("Loss", _pair(history, "loss")),
        errors=curves("Share of errors", _pair(history, "accuracy")),
        confusion=_confusion(test.confusion_matrix),
        reliability=reliability_diagram(test.reliability),
        comparison=_comparison(card),
        digits=_digits(test),
        robustness=_robustness(card),
        kernels=_kernels(card),
        familiarity=_familiarity(card),
        sources=_shares("digits", card.familiarity.digits),
        letters=_shares("letter", card.familiarity.letters),
        lookalikes=", ".join(LOOKALIKES),
        mistakes=_mistakes("test", (mnist.test_images, mnist.test_labels), tested),
        mistakes_note=_mistakes_note(test),
        validation_mistakes=_mistakes("validation", validation, validated),
        validation_note=_mistakes_note(card.evaluation.validation),
        layers=_table(
            ("layer", "type", "output", "parameters"),
            [
                (each.name, each.type, " x ".join(map(str, each.output_shape)), f"{each.parameters:,}")
                for each in card.layers
            ],
        ),
        origin=_origin(card),
    )
    (folder / REPORT).write_text(text, encoding="utf-8")


def _subtitle(card: Card) -> str:
    trial = " &middot; <strong>a trial, not for use</strong>" if card.trial else ""
    return f"recipe {escape(card.recipe)} &middot; {escape(card.created)}{trial}"


def _figures(card: Card) -> str:
    test = card.evaluation.test
    (low, high), (first, second) = test.accuracy_interval_95, test.halves
    shown = (
        (f"{test.accuracy:.2%}", "accuracy", f"95 % interval {low:.2%} to {high:.2%}"),
        (f"{test.errors:,}", "errors", f"of {test.images:,}; {first:,} and {second:,} in the halves"),
        (f"{test.nll:.4f}", "NLL", f"Brier score {test.brier:.5f}"),
        (f"{test.ece:.2%}", "calibration error", _temperature(card)),
        (f"{test.coverage_at_999:.1%}", "answered", "at 99.9 % accuracy, the surest first"),
        (f"{card.parity.max_abs_difference:.1e}", "from Keras", f"at most, on {card.parity.images:,} images"),
    )
    return "".join(
        f"<div><b>{value}</b><span>{name}</span><small>{note}</small></div>" for value, name, note in shown
    )


def _temperature(card: Card) -> str:
    interval = card.temperature_interval_95
    told = f", 95 % interval {interval[0]:.2f} to {interval[1]:.2f}" if interval else ""
    return f"temperature {card.temperature:.2f}{told}; folded in"


def _comparison(card: Card) -> str:
    test, validation = card.evaluation.test, card.evaluation.validation
    sets = (
        ("test images", test.errors, test.images),
        *(
            (f"test images, {whose}", errors, 10_000)
            for whose, errors in networks.recogniser(card.network).published.items()
        ),
        ("validation images", validation.errors, validation.images),
    )
    return _table(
        ("", "images", "errors", "accuracy", "95 % interval"),
        [(name, *counted(errors, images)) for name, errors, images in sets],
    )


def _digits(test: Evaluation) -> str:
    matrix = test.confusion_matrix
    rows = []
    for digit, line in enumerate(matrix):
        images, answered = sum(line), sum(each[digit] for each in matrix)
        right = f"{line[digit] / answered:.2%}" if answered else "–"
        rows.append((str(digit), *counted(images - line[digit], images), right))
    return _table(("digit", "images", "errors", "read rightly", "95 % interval", "right when answered"), rows)


def _robustness(card: Card) -> str:
    return _table(
        ("pictures", "drawn", "framed", "errors", "read rightly", "95 % interval"),
        [
            (name, str(each.drawn), *counted(each.errors, each.images))
            for name, each in card.robustness.items()
        ],
    )


def _kernels(card: Card) -> str:
    if card.kernels is None or not card.kernels.epochs:
        return ""
    seen = {epoch: [each[0] for each in filters] for epoch, filters in card.kernels.epochs.items()}
    strongest = max(float(np.abs(filters).max()) for filters in seen.values()) or 1.0
    return "".join(
        f"<tr><th>epoch {epoch}</th><td>{kernels(filters[:MOST_FILTERS], strongest)}</td></tr>"
        for epoch, filters in sorted(seen.items())
    )


def _pair(history: dict[str, list[float]], name: str) -> list[Curve]:
    values = {key: history[key] for key in (name, f"val_{name}")}
    if name == "accuracy":
        values = {key: [1 - value for value in each] for key, each in values.items()}
    training, validation = values.values()
    return [
        Curve("training images", "training", training),
        Curve("validation images", "validation", validation),
    ]


def _confusion(matrix: Sequence[Sequence[int]]) -> str:
    wrong = [count for row, line in enumerate(matrix) for column, count in enumerate(line) if row != column]
    most = max(1, *wrong)
    head = "<tr><th></th>" + "".join(f"<th>{digit}</th>" for digit in range(len(matrix))) + "</tr>"
    rows = [head]
    for row, line in enumerate(matrix):
        cells = [
            f'<td class="right">{count}</td>'
            if row == column
            else f'<td style="--depth:{count / most:.2f}">{count or ""}</td>'
            for column, count in enumerate(line)
        ]
        rows.append(f"<tr><th>{row}</th>{''.join(cells)}</tr>")
    return f'<table class="confusion">{"".join(rows)}</table>'


def _familiarity(card: Card) -> str:
    measured = card.familiarity
    return _table(
        ("strangers", "AUROC", "under the threshold"),
        [(kind, f"{area:.4f}", f"{measured.rejected[kind]:.1%}") for kind, area in measured.auroc.items()],
    )


def _shares(kind: str, shares: dict[str, float]) -> str:
    return _table((kind, "under the threshold"), [(name, f"{each:.1%}") for name, each in shares.items()])


def _mistakes_note(test: Evaluation) -> str:
    first, second = test.halves
    shown = f"the {MOST_MISTAKES} surest are shown" if test.errors > MOST_MISTAKES else "the surest first"
    return f"{test.errors:,}: {first:,} in the first half of the images, {second:,} in the second; {shown}."


def _mistakes(kind: str, part: Part, probabilities: Probabilities) -> str:
    images, labels = part
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(answers != labels)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_MISTAKES]
    return "".join(
        f'<figure><img alt="{kind} image {index}" src="{_data_url(images[index])}">'
        f"<figcaption>{labels[index]} read as <b>{answers[index]}</b>"
        f"<small>{confidence[index]:.1%} sure<br>image {index}</small></figcaption></figure>"
        for index in surest
    )


def _origin(card: Card) -> str:
    made = card.training
    facts = {
        "git revision": made.revision or "not known",
        "seed": made.seed,
        "epochs": made.epochs,
        "images": f"{made.training_images:,} trained on, {made.validation_images:,} to validate",
        "time": f"{made.seconds / 60:.1f} minutes",
        "hardware": made.hardware,
        **{f"version of {name}": version for name, version in made.versions.items()},
        **{f"setting {name}": json.dumps(value) for name, value in made.settings.items()},
        **{f"SHA-256 of {name}": digest for name, digest in made.data_sha256.items()},
        **{f"SHA-256 of {name}": file.sha256 for name, file in card.files.items()},
    }
    return _table(("", ""), [(name, str(value)) for name, value in facts.items()])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{top}</tr>' if any(head) else ''}{body}</table>"


def _data_url(image: Picture) -> str:
    _, encoded = cv2.imencode(".png", image)
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
