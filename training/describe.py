"""Describe a published version anew: ``python -m training.describe <version> --data mnist.npz``."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from training.data import Images, Mnist, load, split
from training.errors import DescriptionError, Refusal
from training.startup import load_tensorflow

if TYPE_CHECKING:
    from training.card import Card, SeedResult

DESCRIPTION = """\
Describe a published version anew, by its files and MNIST. What cards did not have when it was made is
measured on the validation images and added: the temperature's interval, robustness family by family, what is
told from digits letter by letter, the first layer's kernels; and how trainings with other seeds went, when
their versions are named. README.md and report.html are written. What the card says stays, and so do all
other files.
"""


def describe(folder: Path, mnist: Mnist, others: Iterable[Path] = ()) -> None:
    """
    Add to a version's card what it lacks, and write what people read.

    Args:
        folder: Of the version.
        mnist: Whose validation images are measured; the test images are only shown.
        others: Folders of versions by the same recipe with other seeds.

    Raises:
        DescriptionError: A version cannot be read, or not be written, or is by another recipe.
    """
    # Here and not above, for they load TensorFlow: --help should answer at once.
    import numpy as np
    import onnx
    import onnxruntime

    from framing.mnist import padded
    from training import acquaintance, calibration, familiarity, nondigits, robustness
    from training.card import Card, Kernels
    from training.evaluation import Probabilities
    from training.export import LAYERS, MODEL
    from training.layers import FILTER_AXES, shown
    from training.readme import write_readme
    from training.report import write_report

    try:
        card = Card.read(folder)
        session = onnxruntime.InferenceSession(folder / MODEL, providers=["CPUExecutionProvider"])
        weights = {each.name: each for each in onnx.load(folder / LAYERS).graph.initializer}
    except Exception as error:
        # ONNX Runtime has a class for each way in which a file is bad, none public.
        message = f"{folder}: no version that can be read: {next(iter(str(error).splitlines()), '')}"
        raise DescriptionError(message) from error
    _, validation = split(mnist, card.training.training_images)

    def asked(output: str, images: Images) -> Probabilities:
        _, height, width, _ = card.input.shape
        framed = padded(images, height or 0, width or 0)[..., None]
        starts = range(0, len(framed), 1000)
        return np.concatenate(
            [session.run([output], {"image": framed[start : start + 1000]})[0] for start in starts]
        )

    def last_kernels() -> Kernels | None:
        for layer in card.layers:
            for weight, axes in layer.weights.items():
                if axes == FILTER_AXES:
                    kernels = onnx.numpy_helper.to_array(weights[f"{layer.name}.{weight}"])
                    return Kernels(layer.name, {card.training.epochs: shown(kernels)})
        return None

    def familiar(images: Images) -> tuple[familiarity.Scores, familiarity.Scores]:
        return asked("familiarity", images), familiarity.energy(asked("logits", images))

    def more_of_strangers() -> familiarity.FamiliarityReport:
        known = card.familiarity
        measured = familiarity.measure(
            familiar,
            digits=acquaintance.sources(validation, None),
            strangers={},
            letters=nondigits.held_out_letters(acquaintance.PICTURES, seed=0),
            below=known.threshold,
        )
        return replace(
            known,
            auroc=measured.auroc | known.auroc,
            rejected=measured.rejected | known.rejected,
            letters=measured.letters,
            digits=measured.digits,
        )

    validated = asked("probabilities", validation[0])
    # The graph's logits are divided by the temperature already.
    logits = asked("logits", validation[0]) * np.float64(card.temperature)
    card = replace(
        card,
        temperature_interval_95=card.temperature_interval_95
        or calibration.temperature_interval(logits, validation[1]),
        robustness=card.robustness
        or robustness.measure(lambda images: asked("probabilities", images), validation),
        familiarity=card.familiarity if card.familiarity.letters else more_of_strangers(),
        kernels=card.kernels or last_kernels(),
        seeds=_seeds(card, others),
    )
    try:
        card.write(folder)
        write_readme(folder, card)
        write_report(folder, card, mnist, validated, asked("probabilities", mnist.test_images))
    except OSError as error:
        message = f"{folder}: cannot be written: {error.strerror}"
        raise DescriptionError(message) from error


def _seeds(card: "Card", others: Iterable[Path]) -> "tuple[SeedResult, ...]":
    """Add to what a card says of seeds what the cards of other versions say of theirs."""
    from training.card import Card

    found = {one.seed: one for one in card.seeds}
    for folder in others:
        try:
            other = Card.read(folder)
        except (OSError, ValueError) as error:
            message = f"{folder}: no version that can be read"
            raise DescriptionError(message) from error
        if (other.network, other.training.settings) != (card.network, card.training.settings):
            message = f"{folder}: of another network, or by another recipe"
            raise DescriptionError(message)
        found |= {one.seed: one for one in (card.as_seed, other.as_seed)}
    return tuple(found[seed] for seed in sorted(found))


def main(arguments: Sequence[str]) -> int:
    """
    Do what the command line says; an error that was foreseen is one line.

    Returns:
        0 when the version is described, 2 when it cannot be.
    """
    parser = argparse.ArgumentParser(prog="python -m training.describe", description=DESCRIPTION)
    parser.add_argument("version", type=Path, help="its folder, <repository>/<name>/<number>")
    parser.add_argument(
        "--data", type=Path, metavar="PATH", help="MNIST's npz file; without it Keras downloads it"
    )
    parser.add_argument(
        "--others", type=Path, nargs="+", default=(), metavar="VERSION", help="the same with other seeds"
    )
    given = parser.parse_args(arguments)
    load_tensorflow()
    try:
        describe(given.version, load(given.data), given.others)
    except Refusal as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
