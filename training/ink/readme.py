"""The model card of a network that finds ink, for people: ``README.md``, from what ``card.json`` says."""

from pathlib import Path

from training.card import InkCard
from training.readme import README


def write_readme(folder: Path, card: InkCard) -> None:
    """Write ``README.md`` into the version's folder."""
    told = card.evaluation.validation
    low, high = told.accuracy_interval_95
    text = f"""---
license: mit
library_name: onnx
---

# {card.name} {card.version}: where the ink is

{"**A trial, not for use.** " if card.trial else ""}A network of the kind `{card.network}`, \
{card.parameters:,} parameters, trained by the recipe `{card.recipe}`. It looks at a picture as 64x64 \
grey levels, and says of each pixel how sure it is that a digit's stroke covers it, and whether there is \
no digit, one, or several. It reads none.

* Input `image`: uint8 `(batch, 64, 64, 1)`, 0 to 255; ink may be darker or lighter than the ground.
* Output `ink`: float32 `(batch, 64, 64)`, 0 to 1. Strokes are as thick as MNIST's, whatever pen drew them, \
and without gaps.
* Output `count`: float32 `(batch, 3)`: the probabilities of none, one and several digits.

`framing/looks.py` is how it is asked.

## How good it is

Of {told.images:,} views of scenes that were drawn of MNIST's images behind the first \
{card.training.training_images:,}, the ink is found in {told.accuracy:.2%} (95 %: {low:.2%} to {high:.2%}): \
Dice's ratio of what is found and what is there is at least 0.7. Its mean over views with ink is \
{told.dice:.3f}. The number of digits is wrong in {told.count_errors:,}, squares that show a part of a scene \
among them.

## How it was trained

Scenes were drawn by `training/scenes` of {card.training.training_images:,} of MNIST's training images and \
of digits made here; no picture that somebody sent, and none of MNIST's 10,000 test images. Seed \
{card.training.seed}, {card.training.epochs} epochs, {card.training.hardware}.
"""
    (folder / README).write_text(text, encoding="utf-8")
