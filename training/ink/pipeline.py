"""Train and publish a network that finds ink: scenes -> views -> fit -> evaluate -> export -> verify."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from training import export, fit, parts, run_folder, run_record, succession, verification
from training.arguments import Settings
from training.card import INK_ROLE, InkCard, InkEvaluations, Training, described
from training.data import SHA256, Mnist, split
from training.family import InkFamily
from training.ink import evaluation, scenes
from training.ink.evaluation import InkAnswers
from training.ink.golden import golden_views
from training.ink.readme import write_readme
from training.lessons import InkViews
from training.progress import Reporter
from training.provenance import hardware, revision, versions
from training.publication import draft
from training.recipes import InkRecipe

TOLD_PARTS = 10
"""One line for so many parts."""


def train(mnist: Mnist, settings: Settings, recipe: InkRecipe, family: InkFamily, progress: Reporter) -> Path:
    """
    Run every step, from the images to the published version; the test images are not looked at.

    Args:
        mnist: The images that scenes are drawn of.
        settings: What the command line decided.
        recipe: Theirs.
        family: The kind of network.
        progress: Told how it goes.

    Returns:
        The folder of the new version.

    Raises:
        DataError: No images are left to validate on.
        ResumeError: The run's folder holds another run, or a damaged one.
        StorageError: The run's folder cannot be written.
        SuccessionError: The name belongs to a better network.
        ExportError: The exported file is not what was trained, or a golden view's ink is not found.
        PublicationError: The version cannot be written.
    """
    # Scenes.
    name, model = settings.name, settings.repository / settings.name
    training, validation = split(mnist, recipe.training_images)

    def on_part(number: int, of: int) -> None:
        if number % TOLD_PARTS == 0 or number == of:
            progress.stage(f"{number * parts.PART if number < of else recipe.scenes:,} scenes are drawn")

    progress.stage(f"drawing {recipe.scenes:,} scenes of {len(training[0]):,} images, once")
    drawn = scenes.training_views(settings.runs, recipe, training, settings.seed, on_part)
    watched = scenes.validation_views(settings.runs, recipe, validation)
    lessons = InkViews(recipe, parts.read(drawn), parts.read(watched), settings.seed)
    views, (stroke, count) = lessons.validation

    # Network and fit.
    finished = run_record.read(settings.runs, recipe, seed=settings.seed, network=family.name).epochs
    if finished:
        progress.stage(f"going on after epoch {finished} of {recipe.epochs}")
    progress.begin(recipe.epochs, lessons.steps, finished=finished)
    network, run = fit.fit(
        recipe,
        lessons,
        family=family,
        seed=settings.seed,
        checkpoints=settings.runs,
        on_epoch=progress.epoch,
        on_batch=progress.batch,
    )

    # Evaluate.
    seen, there = golden_views()
    golden = InkAnswers.of(network, seen)
    if not settings.trial:
        verification.require_golden_ink(golden, there)
    figures = evaluation.evaluate(InkAnswers.of(network, views), stroke, count)
    progress.stage(
        f"of {figures.images:,} views the ink is not found in {figures.errors:,}, "
        f"the number of digits wrong in {figures.count_errors:,}"
    )
    succession.require_worthy(settings, figures)

    # Export and verify.
    progress.stage("exporting to ONNX, and comparing with Keras")
    with (
        run_folder.recorded(settings.runs, model, recipe, settings.seed),
        draft(settings.repository, name) as version,
    ):
        # Again, for another run may have published a better one meanwhile.
        succession.require_worthy(settings, figures)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        facts = {
            "name": name,
            "version": version.number,
            "network": family.name,
            "role": INK_ROLE,
            "created": created,
            "data_sha256": SHA256,
        }
        export.write_ink(version.folder, network, seen, golden, facts)
        card = InkCard(
            name=name,
            version=version.number,
            network=family.name,
            role=INK_ROLE,
            recipe=recipe.name,
            trial=settings.trial,
            created=created,
            input=export.input_tensor(network),
            outputs=export.ink_tensors(),
            parameters=sum(int(np.prod(variable.shape)) for variable in network.trainable_variables),
            evaluation=InkEvaluations(validation=figures),
            parity=verification.ink_parity(network, views, version.folder),
            training=Training(
                settings=asdict(recipe),
                seed=settings.seed,
                epochs=run.epochs,
                training_images=len(training[0]),
                validation_images=len(validation[0]),
                history=run.history,
                seconds=run.seconds,
                hardware=hardware(),
                versions=versions(),
                data_sha256=SHA256,
                revision=revision(),
            ),
            files={file: described(version.folder / file) for file in export.INK_FILES},
        )
        card.write(version.folder)
        write_readme(version.folder, card)
    return model / version.number
