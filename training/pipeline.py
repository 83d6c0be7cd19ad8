"""Train, verify and publish: data -> network -> fit -> evaluate -> export -> verify -> report."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from training import networks, prepared, run_folder, run_record, succession
from training.arguments import Settings, parse
from training.data import SHA256, Images, Mnist, Part, load, split
from training.errors import Refusal
from training.lessons import Digits, Lessons
from training.progress import Reporter, reporter
from training.recipes import InkRecipe, PreparedRecipe
from training.startup import load_tensorflow
from training.storage import require_room
from training.supervision import follow_supervisor

REFUSED = 2


def train(mnist: Mnist, settings: Settings, progress: Reporter) -> Path:
    """
    Run every step, from the images to the published version.

    Args:
        mnist: The images; the test images are looked at once, at the end.
        settings: What the command line decided.
        progress: Told how it goes.

    Returns:
        The folder of the new version.

    Raises:
        DataError: No images are left to validate on.
        ResumeError: The run's folder holds another run, or a damaged one.
        StorageError: The run's folder cannot be written.
        SuccessionError: The name belongs to a better network.
        ExportError: The exported files are not what was trained, or a golden digit is read wrong.
        PublicationError: The version cannot be written.
    """
    # Here and not above, for they load TensorFlow: --help should answer at once.
    from training import (
        acquaintance,
        calibration,
        evaluation,
        export,
        familiarity,
        fit,
        layers,
        nondigits,
        robustness,
        verification,
    )
    from training.card import CLASSES, ROLE, Card, Evaluations, Kernels, Training, described
    from training.family import Answers
    from training.golden import golden_images
    from training.provenance import hardware, revision, versions
    from training.publication import draft
    from training.readme import write_readme
    from training.report import REPORT, write_report

    # Data.
    recipe, family = settings.recipe, networks.recogniser(settings.network)
    name, model = settings.name, settings.repository / settings.name
    training, validation = split(mnist, recipe.training_images)
    progress.stage(f"training on {len(training[0]):,} images, validating on {len(validation[0]):,}")
    lessons, ink = _lessons(settings, training, validation, progress)

    # Network and fit.
    finished = run_record.read(settings.runs, recipe, seed=settings.seed, network=family.name).epochs
    if finished:
        progress.stage(f"going on after epoch {finished} of {recipe.epochs}")
    progress.begin(recipe.epochs, lessons.steps, finished=finished)
    trained, run = fit.fit(
        recipe,
        lessons,
        family=family,
        seed=settings.seed,
        checkpoints=settings.runs,
        on_epoch=progress.epoch,
        on_batch=progress.batch,
    )
    uncalibrated = Answers.of(family, trained, validation[0]).logits
    temperature = calibration.temperature(uncalibrated, validation[1])
    network = family.head(trained).calibrated(temperature)

    def answers(images: Images) -> Answers:
        return Answers.of(family, network, images)

    # Evaluate; on the test images only what is good enough to be published.
    golden = answers(golden_images()).probabilities
    if not settings.trial:
        verification.require_golden(golden)
    validated = answers(validation[0])
    validation_figures = evaluation.evaluate(validated.probabilities, validation[1])
    succession.require_worthy(settings, validation_figures)
    progress.stage(f"evaluating on the {len(mnist.test_images):,} test images, which chose nothing")
    tested = answers(mnist.test_images)
    evaluations = Evaluations(
        test=evaluation.evaluate(tested.probabilities, mnist.test_labels), validation=validation_figures
    )
    progress.stage("training what tells digits from strangers")
    score = familiarity.fit(
        answers, acquaintance.Rounds(recipe, lessons, training, settings.seed), settings.seed
    )

    def familiar(images: Images) -> tuple[familiarity.Scores, familiarity.Scores]:
        answered = answers(images)
        return score(answered.seen), familiarity.energy(answered.logits)

    drawn = 20 if settings.trial else robustness.PICTURES
    first = layers.first_kernels(network)

    # Export, verify and report.
    progress.stage("exporting to ONNX, and comparing with Keras")
    with (
        run_folder.recorded(settings.runs, model, recipe, settings.seed),
        draft(settings.repository, name) as version,
    ):
        # Again, for another run may have published a better one meanwhile.
        succession.require_worthy(settings, validation_figures)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        facts = {
            "name": name,
            "version": version.number,
            "network": family.name,
            "created": created,
            "classes": CLASSES,
            "layers": [asdict(layer) for layer in layers.table(network)],
            "temperature": temperature,
            "test_accuracy": evaluations.test.accuracy,
            "data_sha256": SHA256,
        }
        export.write_graphs(version.folder, network, family.head(network), score, facts)
        export.write_golden(version.folder, network, golden_images(), golden)
        card = Card(
            name=name,
            version=version.number,
            network=family.name,
            role=ROLE,
            recipe=recipe.name,
            trial=settings.trial,
            created=created,
            input=export.input_tensor(network),
            outputs=export.output_tensors(network),
            classes=CLASSES,
            layers=layers.table(network),
            parameters=sum(layer.parameters for layer in layers.table(network)),
            temperature=temperature,
            familiarity=familiarity.measure(
                familiar,
                digits=acquaintance.sources(
                    validation, prepared.InkSession(ink) if ink else None, number=drawn
                ),
                strangers=nondigits.held_out(10 * drawn, validation, seed=0),
                letters=nondigits.held_out_letters(drawn, seed=0),
            ),
            evaluation=evaluations,
            parity=verification.parity(network, validation[0], version.folder),
            training=Training(
                settings=asdict(recipe) | ({"ink": f"{ink.parent.name} {ink.name}"} if ink else {}),
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
            files={file: described(version.folder / file) for file in export.FILES},
            local_files=(REPORT,),
            temperature_interval_95=calibration.temperature_interval(uncalibrated, validation[1]),
            robustness=robustness.measure(
                lambda images: answers(images).probabilities,
                validation,
                number=drawn,
            ),
            kernels=Kernels(first[0], {int(epoch): each for epoch, each in run.kernels.items()})
            if first
            else None,
        )
        card.write(version.folder)
        write_readme(version.folder, card)
        write_report(version.folder, card, mnist, validated.probabilities, tested.probabilities)
    return model / version.number


def train_ink(mnist: Mnist, settings: Settings, recipe: InkRecipe, progress: Reporter) -> Path:
    """Do the same for a network that finds ink: see ``training.ink.pipeline``."""
    # Here, for they load TensorFlow.
    from training.ink import pipeline as ink_pipeline

    return ink_pipeline.train(mnist, settings, recipe, networks.finder(settings.network), progress)


def _lessons(
    settings: Settings, training: Part, validation: Part, progress: Reporter
) -> tuple[Lessons, Path | None]:
    """Give what a recogniser learns from, and the network that prepared scenes for it."""
    recipe = settings.recipe
    if not isinstance(recipe, PreparedRecipe):
        return Digits(recipe, training, validation, settings.seed), None
    ink = prepared.ink_network(settings)
    progress.stage(f"preparing {recipe.scenes:,} scenes by {ink}, once")
    return prepared.lessons(recipe, settings, training, validation, ink), ink


def main(arguments: Sequence[str]) -> int:
    """
    Do what the command line says; an error that was foreseen is one line.

    Returns:
        0 when the network is published, 2 when it is refused.
    """
    settings = parse(arguments)
    try:
        with reporter(sys.stdout) as progress:
            how = f"by the recipe {settings.recipe.name} with seed {settings.seed}"
            progress.stage(f"training {settings.network} {how}")
            return _published(succession.settled(settings), progress)
    except Refusal as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return REFUSED


def _published(settings: Settings, progress: Reporter) -> int:
    """Train and publish unless that was done before; nothing is written before it is sure to be of use."""
    model = settings.repository / settings.name
    if run_folder.is_published(settings.runs, model, settings.recipe, settings.seed):
        progress.stage(
            f"this run is finished and was published in {model}: nothing is done. "
            f"Remove {settings.runs} to train anew, or give another --seed."
        )
        return 0
    # Before anything that takes time; it is read again when the folder is locked.
    run_record.read(settings.runs, settings.recipe, seed=settings.seed, network=settings.network)
    progress.stage(f"{'a trial, ' if settings.trial else ''}to be published in {model}")
    require_room(model)
    require_room(settings.runs)
    if settings.data is None:
        progress.stage("asking Keras for MNIST (11 MB, once)")
    mnist = load(settings.data)
    with run_folder.locked(settings.runs) as alone:
        progress.stage(f"checkpoints in {settings.runs}")
        if not alone:
            progress.stage("no locks can be had there: see to it that no second training uses the folder")
        progress.stage("loading TensorFlow, which takes some seconds")
        load_tensorflow()
        if isinstance(settings.recipe, InkRecipe):
            version, shown = train_ink(mnist, settings, settings.recipe, progress), "README.md"
        else:
            version, shown = train(mnist, settings, progress), "report.html"
    progress.stage(f"published {version}; to look at: {version / shown}")
    return 0


if __name__ == "__main__":
    follow_supervisor()
    sys.exit(main(sys.argv[1:]))
