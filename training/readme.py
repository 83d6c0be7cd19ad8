"""The model card for people, as model hubs have it: ``README.md``, from what ``card.json`` says."""

import importlib.resources
import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from string import Template

from training import networks
from training.card import Card
from training.evaluation import wilson_interval
from training.nondigits import LOOKALIKES

README = "README.md"
TEMPLATE = "readme.template.md"


def write_readme(folder: Path, card: Card) -> None:
    """Write ``README.md`` into the version's folder: it shows no images, and goes where the version goes."""
    family = networks.recogniser(card.network)
    test, validation = card.evaluation.test, card.evaluation.validation
    page = importlib.resources.files("training").joinpath(TEMPLATE).read_text(encoding="utf-8")
    text = Template(page).substitute(
        name=card.name,
        version=card.version,
        trial="**A trial, not for use.** " if card.trial else "",
        summary=textwrap.fill(
            f"A network of the kind `{card.network}`, {card.parameters:,} parameters, trained by the recipe"
            f" `{card.recipe}`. {family.about}",
            120,
        ),
        accuracy=f"{test.accuracy:.4f}",
        brier=f"{test.brier:.5f}",
        nll=f"{test.nll:.4f}",
        ece=f"{test.ece:.2%}",
        coverage=f"{test.coverage_at_999:.2%}",
        threshold=f"{card.familiarity.threshold:.2f}",
        temperature=_temperature(card),
        lookalikes=" ".join(LOOKALIKES),
        strangers=_strangers(card),
        letters=_shares(card.familiarity.letters),
        sources=_shares(card.familiarity.digits),
        results=_rows(
            (
                ("test", *counted(test.errors, test.images)),
                *((f"test, {whose}", *counted(errors, 10_000)) for whose, errors in family.published.items()),
                ("validation", *counted(validation.errors, validation.images)),
            )
        ),
        seeds=_seeds(card),
        digits=_rows(
            (str(digit), *counted(sum(line) - line[digit], sum(line)))
            for digit, line in enumerate(test.confusion_matrix)
        ),
        robustness=_robustness(card),
        shape=f"(10, {', '.join(str(side) for side in card.input.shape[1:])}) uint8",
        data=f"{card.training.training_images:,} of its 60,000 training images",
        training=_training(card),
    )
    (folder / README).write_text(text, encoding="utf-8")


def _temperature(card: Card) -> str:
    interval = card.temperature_interval_95
    told = f", 95 % interval {interval[0]:.2f} to {interval[1]:.2f}" if interval else ""
    return f"{card.temperature:.2f}{told}; it is a part of the graph"


def _seeds(card: Card) -> str:
    if not card.seeds:
        return "It is one training with one seed: another seed gives another figure."
    rows = _rows(
        (
            f"{one.seed}, this version" if one.seed == card.training.seed else str(one.seed),
            str(one.validation_errors),
            str(one.test_errors),
            f"{one.seconds / 60:.0f}" if one.seconds else "–",
        )
        for one in card.seeds
    )
    mean = sum(one.test_errors for one in card.seeds) / len(card.seeds)
    return (
        f"Every training by this recipe, a mean of {mean:.1f} test errors:\n\n"
        "| seed | validation errors | test errors | minutes |\n|---|---|---|---|\n" + rows
    )


def _strangers(card: Card) -> str:
    measured = card.familiarity
    rows = _rows(
        (kind, f"{measured.rejected[kind]:.1%}", f"{area:.3f}") for kind, area in measured.auroc.items()
    )
    table = f"| made to be no digit | below | AUROC |\n|---|---|---|\n{rows}"
    return "\n".join(f"  {line}" for line in table.splitlines())


def _shares(shares: dict[str, float]) -> str:
    # A name and its share stay on one line.
    told = ", ".join(
        f"{name} {share:.1%}".replace(" ", "\N{NO-BREAK SPACE}") for name, share in shares.items()
    )
    wrapped = textwrap.fill(told or "not measured", 116, subsequent_indent="  ")
    return wrapped.replace("\N{NO-BREAK SPACE}", " ")


def _robustness(card: Card) -> str:
    if not card.robustness:
        return "Not measured."
    rows = _rows(
        (name, str(each.drawn), *counted(each.errors, each.images)) for name, each in card.robustness.items()
    )
    return (
        "Pictures made from validation images, each of another one. Damage is done to MNIST's own frame.\n"
        "The others are framed by their levels; those that need more, as photos do, are not counted.\n\n"
        "| pictures | drawn | framed | errors | read rightly | 95 % interval |\n"
        "|---|---|---|---|---|---|\n" + rows
    )


def _training(card: Card) -> str:
    made = card.training
    facts = {
        "recipe": f"{card.recipe}, {made.epochs} epochs in {made.seconds / 60:.0f} minutes",
        "settings": json.dumps(made.settings),
        "seed": made.seed,
        "created": card.created,
        "hardware": made.hardware,
        "git revision": made.revision or "not known",
        "versions": ", ".join(f"{name} {version}" for name, version in made.versions.items()),
        "from Keras to ONNX": (
            f"probabilities differ by at most {card.parity.max_abs_difference:.1e} "
            f"on {card.parity.images:,} images"
        ),
    }
    return "| | |\n|---|---|\n" + _rows((name, str(value)) for name, value in facts.items())


def counted(errors: int, images: int) -> tuple[str, str, str, str]:
    """Give images, errors, the share that is read rightly, and Wilson's interval for it, as texts."""
    if not images:
        return "0", "0", "–", "–"
    low, high = wilson_interval(images - errors, images)
    return f"{images:,}", f"{errors:,}", f"{1 - errors / images:.2%}", f"{low:.2%} to {high:.2%}"


def _rows(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
