"""The command line of ``python -m training``, read without loading TensorFlow."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training import networks
from training.recipes import RECIPES, STROKES, InkRecipe, Recipe, usual

DESCRIPTION = """\
Train a network on MNIST, by default the lecture's LeNet-5, and publish it as the next version
of a model:

    data -> network -> fit -> evaluate -> export -> verify -> report

The version is a folder, <repository>/<name>/<number>, with model.onnx, layers.onnx,
golden.npz, card.json (how good it is and how it was made), README.md (the same to read) and
report.html (to look at). It appears there whole, when everything is verified, or not at all; a service
that watches the repository picks it up.

--network ink trains the network that finds the ink of a picture, on scenes that are drawn once into the
run's folder (3 GB). A recogniser is trained on MNIST's images and on such scenes as that one prepares them.

A run that was stopped goes on where it was when the same command is given again; one that is
published already says so and does nothing. The 10,000 test images are looked at once, at the end,
and choose nothing.

Fewer images or epochs than the recipe's, or a recipe that is neither the default nor that of the version for
use (the newest in the repository, else the package's), make a trial: it says so on its card and goes
under <name>-trial, or under the --name that is given, but not under that of a version for use.
And no network takes the name of one that is better: of one that reads fewer validation images
wrong, by more than chance. --replace lets both pass.
"""

EXAMPLES = """\
examples:
  python -m training                                    the best network; let Keras download MNIST
  python -m training --data mnist.npz                   the same, from a file
  python -m training --recipe lecture                   as the slides do it: a trial of a few minutes
  python -m training --network ink                      the network that finds ink: about two hours
  python -m training --network lenet5-1998              LeNet-5 as it was published: about half an hour
  python -m training --recipe best                      on MNIST's own images alone
  python -m training --images 300 --epochs 1            a trial: seconds, and no use but to see it work
  python -m training --recipe lecture --name slides     the lecture's network under a name of its own
  python -m training --seed 2 --repository /srv/models  another seed, published elsewhere

exit codes:
  0    published, now or by an earlier start of this run
  1    an error that was not foreseen, or ended by the system
  2    refused, before the first step or for what came of it; the reason is the last line
  130  stopped by Ctrl-C, SIGINT or SIGTERM
"""


@dataclass(frozen=True)
class Settings:
    """
    What the command line decides.

    Attributes:
        network: Which kind, of ``training/networks``.
        recipe: Shortened when a trial was asked for.
        trial: Whether fewer images or epochs than the recipe's were asked for.
        data: MNIST's file, or None for Keras' downloader.
        repository: Folder of the models.
        name: Of the model, a folder in it.
        named: Whether the command line gives the name.
        replace: Whether the network takes the name whatever has it.
        seed: Of weights, order and augmentation.
        runs: Folder of this run's checkpoints.
        ink: Version of a network that finds ink, to prepare scenes with; None for the newest.
    """

    network: str
    recipe: Recipe
    trial: bool
    data: Path | None
    repository: Path
    name: str
    named: bool
    replace: bool
    seed: int
    runs: Path
    ink: Path | None = None


def parse(arguments: Sequence[str]) -> Settings:
    """
    Read the command line.

    Raises:
        SystemExit: Help was asked for (0), or an argument makes no sense (2).
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    is_ink = given.network == networks.INK
    recipe = RECIPES[given.recipe] if given.recipe else usual(given.network)
    if isinstance(recipe, InkRecipe) != is_ink:
        parser.error(f"the recipe {STROKES.name} is for the network {networks.INK}, and it for no other")
    shortened = recipe.shortened(images=given.images, epochs=given.epochs)
    fewer_images = shortened.training_images < recipe.training_images
    marks = [] if given.network == networks.DEFAULT else [given.network]
    marks += [recipe.name, str(given.seed)]
    if fewer_images:
        marks.append(f"{shortened.training_images}-images")
    if shortened.epochs != recipe.epochs:
        marks.append(f"{shortened.epochs}-epochs")
    return Settings(
        network=given.network,
        recipe=shortened,
        trial=fewer_images or shortened.epochs < recipe.epochs,
        data=given.data,
        repository=given.repository,
        name=given.name or given.network,
        named=given.name is not None,
        replace=given.replace,
        seed=given.seed,
        runs=given.runs or Path("runs") / "-".join(marks),
        ink=given.ink,
    )


def trial_name(name: str) -> str:
    """Give the name for trials: no service takes one for the next version of the model that it serves."""
    return f"{name}-trial"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--network",
        choices=networks.names(),
        default=networks.DEFAULT,
        help=f"which kind, a file of training/networks (default: {networks.DEFAULT})",
    )
    parser.add_argument(
        "--recipe",
        choices=sorted(RECIPES),
        help="prepared: augmentation, long cosine schedule, averaged weights, and a third of each batch are "
        "drawn scenes as the service prepares them; best: the same without such scenes; distorted: gentler, "
        "for small networks; lecture: the slides' own split and settings; "
        f"strokes: for --network {networks.INK} (default: prepared, distorted for --network lenet5-1998, "
        f"strokes for --network {networks.INK})",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        default=Path(os.environ["MNIST_PATH"]) if os.environ.get("MNIST_PATH") else None,
        help="MNIST's npz file; verified by hash (default: MNIST_PATH, or Keras downloads it)",
    )
    parser.add_argument(
        "--repository",
        type=Path,
        metavar="DIR",
        default=Path("models"),
        help="where models live (default: models)",
    )
    parser.add_argument(
        "--name",
        type=_name,
        help=f"the model's folder there (default: the network's name; of a trial {trial_name('<name>')})",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="take the name although the version that has it is better, or, with --name, although this is "
        "a trial",
    )
    parser.add_argument(
        "--seed", type=_seed, default=1, help="of weights, order and augmentation (default: 1)"
    )
    parser.add_argument(
        "--epochs",
        type=_positive,
        metavar="N",
        help="passes over the images; fewer than the recipe's are a trial (default: the recipe's)",
    )
    parser.add_argument(
        "--images",
        type=_positive,
        metavar="N",
        help="train on the first N images only: a trial, which may read the golden digits wrong "
        "(default: the recipe's)",
    )
    parser.add_argument(
        "--ink",
        type=Path,
        metavar="DIR",
        help="for --recipe prepared, the version of a network that finds ink, <repository>/<name>/<number> "
        "(default: the newest ink in the repository, else the package's)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        metavar="DIR",
        help="where this run, and no other at the same time, keeps its newest checkpoint, and resumes from "
        "(default: runs/<recipe>-<seed>)",
    )
    return parser


def _positive(text: str) -> int:
    number = _number(text)
    if number < 1:
        message = f"{number} is not at least 1"
        raise argparse.ArgumentTypeError(message)
    return number


def _seed(text: str) -> int:
    number = _number(text)
    if not 0 <= number < 2**32:
        message = f"{number} is not between 0 and {2**32 - 1}"
        raise argparse.ArgumentTypeError(message)
    return number


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        message = f"{text!r} is no whole number"
        raise argparse.ArgumentTypeError(message) from None


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        message = f"{text!r} is no name for a folder: letters, digits, dots, dashes and underscores only"
        raise argparse.ArgumentTypeError(message)
    if text.endswith("-layers"):
        message = f"{text!r} would be taken for the layers of a model: they are served under that name"
        raise argparse.ArgumentTypeError(message)
    return text
