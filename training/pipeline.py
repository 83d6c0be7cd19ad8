"""Train, verify and publish: data -> network -> fit -> evaluate -> export -> verify -> report."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from training.arguments import Settings, parse
from training.data import SHA256, Mnist, load, split
from training.errors import Refusal
from training.progress import Reporter, reporter
from training.startup import load_tensorflow
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
        ExportError: The exported files are not what was trained, or a golden digit is read wrong.
        PublicationError: The repository cannot be written.
    """
    # Here and not above, for they load TensorFlow: --help should answer at once.
    from training import calibration, evaluation, export, familiarity, fit, verification
    from training.card import CLASSES, Card, Evaluations, Training, described
    from training.golden import golden_images
    from training.network import answers
    from training.nondigits import nondigits
    from training.provenance import hardware, versions
    from training.publication import draft
    from training.report import REPORT, write_report

    # Data.
    recipe, name = settings.recipe, settings.name
    training, validation = split(mnist, recipe.training_images)
    progress.stage(f"training on {len(training[0]):,} images, validating on {len(validation[0]):,}")
    progress.stage(f"checkpoints in {settings.runs}")

    # Network and fit.
    progress.begin(recipe.epochs, fit.steps_of(recipe, len(training[0])))
    trained, run = fit.fit(
        recipe,
        training,
        validation,
        seed=settings.seed,
        checkpoints=settings.runs,
        on_epoch=progress.epoch,
        on_batch=progress.batch,
    )
    temperature = calibration.temperature(answers(trained, validation[0]).logits, validation[1])
    network = calibration.fold(trained, temperature)

    # Evaluate.
    progress.stage(f"evaluating on the {len(mnist.test_images):,} test images, which chose nothing")
    tested, validated = answers(network, mnist.test_images), answers(network, validation[0])
    evaluations = Evaluations(
        test=evaluation.evaluate(tested.probabilities, mnist.test_labels),
        validation=evaluation.evaluate(validated.probabilities, validation[1]),
    )
    score = familiarity.fit(answers(network, training[0]).features, training[1], validated)
    made = nondigits(number=200 if settings.trial else 1000, seed=0)
    strangers = {kind: answers(network, images) for kind, images in made.items()}
    golden = answers(network, golden_images()).probabilities
    if not settings.trial:
        verification.require_golden(golden)

    # Export, verify and report.
    progress.stage("exporting to ONNX, and comparing with Keras")
    with draft(settings.repository, name) as version:
        created = datetime.now(UTC).isoformat(timespec="seconds")
        facts = {
            "name": name,
            "version": version.number,
            "created": created,
            "classes": CLASSES,
            "layers": [asdict(layer) for layer in export.layer_table(network)],
            "temperature": temperature,
            "test_accuracy": evaluations.test.accuracy,
            "data_sha256": SHA256,
        }
        export.write_graphs(version.folder, network, score, facts)
        export.write_golden(version.folder, golden_images(), golden)
        card = Card(
            name=name,
            version=version.number,
            recipe=recipe.name,
            trial=settings.trial,
            created=created,
            input=export.INPUT,
            outputs=export.OUTPUTS,
            classes=CLASSES,
            layers=export.layer_table(network),
            parameters=network.count_params(),
            temperature=temperature,
            familiarity=familiarity.measure(score, validated, strangers),
            evaluation=evaluations,
            parity=verification.parity(network, validation[0], version.folder),
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
            ),
            files={file: described(version.folder / file) for file in export.FILES},
            local_files=(REPORT,),
        )
        card.write(version.folder)
        write_report(version.folder, card, mnist, tested.probabilities)
    return settings.repository / name / version.number


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; an error that was foreseen is one line."""
    settings = parse(arguments)
    try:
        mnist = load(settings.data)
        load_tensorflow()
        with reporter(sys.stdout) as progress:
            version = train(mnist, settings, progress)
    except Refusal as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return REFUSED
    print(f"published {version}; to look at: {version / 'report.html'}")
    return 0


if __name__ == "__main__":
    follow_supervisor()
    sys.exit(main(sys.argv[1:]))
