"""How far labellers turn axes, and whether stated errors say so: 95 % cones on drawn faces with known axes.

    python -m benchmarks.labeller_error                 # ten minutes on two cores
    python -m benchmarks.labeller_error --faces 1000 --samples 2000     # a trial

Trains six small attribute networks, from poor to good, on each of four worlds of portraits with other axes, other
cosines and other pictures; lets them read portraits that they never saw; and fits the axes of what they read.
Worlds 1 and 2 are for calibration: the constants of `tlgan/axes/systematic_errors.py` come from them. Worlds 3 and 4
are for the test; the last column has shares that are fitted on other factors of worlds 1 and 2. The judge of each
labeller is the next one in the list. Prints two tables; docs/methods.md quotes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table
from data.synthetic.image_set import portrait_latents
from data.synthetic.planted_axes import KnownAxes, plant_axes
from tlgan.axes.systematic_errors import (
    confusion_angles,
    disagreement_angles,
    systematic_errors,
    total_cones,
)
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between
from tlgan.latents.sampling import draw_latents
from tlgan.regression.fit import Fits, fit_glms, probabilities

if TYPE_CHECKING:
    from models.training.trainer import TrainingImages

RESOLUTION = 32
TESTED = 0.2  # shares of the portraits that a network is tested on, half of them to calibrate it
CALIBRATION, TEST = (1, 2), (3, 4)  # worlds
FOLDS = 4  # of the factors
WORST = 45.0  # degrees of confusion: a labeller that knows less of an attribute is no labeller of it


class Recipe(NamedTuple):
    """How one labeller is trained: options of the network, share of the faces, share of labels that are wrong."""

    options: dict[str, Any]
    faces: float = 1.0
    wrong: float = 0.0


LABELLERS = {
    "long": Recipe(
        {
            "architecture": "plain",
            "widths": (16, 32, 64, 96),
            "depths": (2, 1, 1, 1),
            "epochs": 10,
            "seed": 16,
        }
    ),
    "plain": Recipe(
        {"architecture": "plain", "widths": (16, 32, 64), "depths": (1, 1, 1), "epochs": 8, "seed": 15}
    ),
    "residual": Recipe(
        {"architecture": "residual", "widths": (16, 32, 48), "depths": (1, 1, 1), "epochs": 6, "seed": 12}
    ),
    "wrong labels": Recipe(
        {"architecture": "residual", "widths": (16, 32, 64), "depths": (1, 1, 1), "epochs": 5, "seed": 14},
        0.7,
        0.1,
    ),
    "few faces": Recipe(
        {"architecture": "plain", "widths": (16, 32, 64), "depths": (1, 1, 1), "epochs": 8, "seed": 13}, 0.25
    ),
    "short": Recipe(
        {"architecture": "plain", "widths": (8, 16, 32), "depths": (1, 1, 1), "epochs": 3, "seed": 11}
    ),
}


class Read(NamedTuple):
    """What a labeller gives: its axes with their errors, and its scores on test portraits, shape (A,)."""

    fits: Fits
    test_scores: np.ndarray


class Case(NamedTuple):
    """One axis of one labeller, with its judge: angles in degrees."""

    world: int
    labeller: str
    factor: int
    kind: str
    angle: float
    cone: float
    error: float
    confusion: float
    disagreement: float


def other_cosines(seed: int, pairs: int = 14) -> dict[tuple[str, str], float]:
    """Cosines of 0.3 to 0.6 in size between pairs of factors drawn at random."""
    random, names = np.random.default_rng(seed), plant_axes().names
    cosines: dict[tuple[str, str], float] = {}
    while len(cosines) < pairs:
        first, second = random.choice(len(names), 2, replace=False)
        pair = names[min(first, second)], names[max(first, second)]
        tried = cosines | {pair: float(random.choice((-1, 1)) * random.uniform(0.3, 0.6))}
        try:
            plant_axes(cosines=tried)
        except UserError:
            continue
        cosines = tried
    return cosines


def training_images(known: KnownAxes, count: int, recipe: Recipe) -> TrainingImages:
    """Portraits with true labels, some of them spoilt; those for the test are never spoilt."""
    from models.training.trainer import TrainingImages

    used, tested = int(count * recipe.faces), int(count * TESTED)
    latents = portrait_latents(known, 0, 0, used + tested)
    labels, random = known.labels(latents), np.random.default_rng(recipe.options["seed"])
    binary = np.array(known.kinds) == "binary"
    spoilt = labels + 5 * recipe.wrong * labels.std(axis=0) * random.standard_normal(labels.shape)
    spoilt[:, binary] = np.where(random.random(labels.shape) < recipe.wrong, 1 - labels, labels)[:, binary]
    split = np.repeat([0, 1, 2], [used, tested // 2, tested - tested // 2])
    return TrainingImages(
        source="portraits",
        images=known.generate(latents),
        labels=np.where((split == 0)[:, None], spoilt, labels).astype(np.float32),
        split=split,
        names=list(known.names),
        kinds=list(known.kinds),
        units=list(known.units),
        mirror=False,
        known_people=False,
    )


def train_and_read(known: KnownAxes, name: str, faces: int, latents: np.ndarray, images: np.ndarray) -> Read:
    """Train one labeller, let it read the sample, and fit its axes."""
    from models.inference.compile import compile_forward
    from models.kinds.attribute_cnn import AttributeCnnOptions
    from models.networks.attribute_cnn import read_faces
    from models.training.classifier import ClassifierTrainer

    recipe = LABELLERS[name]
    options = AttributeCnnOptions(batch=32, dropout=0.0, shift=0, jitter=0.0, **recipe.options)
    trainer = ClassifierTrainer(options, name, training_images(known, faces, recipe))
    while trainer.train_step() is not None:
        pass
    (published,), metrics = trainer.publish()
    read = compile_forward(lambda batch: read_faces(trainer.network, batch, False)[0], 128)
    scores = read(images) * published.metadata["scales"] + np.array(published.metadata["offsets"])
    tested = [
        metrics["attributes"][name]["r2" if kind == "continuous" else "auc"]
        for name, kind in zip(known.names, known.kinds, strict=True)
    ]
    families = ["huber" if kind == "continuous" else "binomial" for kind in known.kinds]
    responses = probabilities(scores, known.kinds)
    fits = fit_glms(latents, responses, known.names, known.kinds, family=families, held_out=0.0)
    return Read(fits, np.array(tested))


def world_cases(world: int, faces: int, samples: int) -> list[Case]:
    """Every axis of every labeller of one world."""
    cosines = {} if world == 1 else {"cosines": other_cosines(world)}
    known = plant_axes(resolution=RESOLUTION, seed=world, **cosines)
    latents = draw_latents(0, samples, known.latent_dim, space="normal", seed=world)
    images = known.generate(latents)
    reads = {name: train_and_read(known, name, faces, latents, images) for name in LABELLERS}
    names, cases = list(reads), []
    for place, name in enumerate(names):
        mine, other = reads[name], reads[names[(place + 1) % len(names)]]
        apart = angles_between(mine.fits.directions, other.fits.directions)
        columns = (
            range(len(known.names)),
            known.kinds,
            angles_between(mine.fits.directions, known.directions),
            mine.fits.cone_angles,
            mine.fits.angular_errors,
            confusion_angles(mine.test_scores, known.kinds),
            disagreement_angles(apart, mine.fits.angular_errors, other.fits.angular_errors),
        )
        cases += [Case(world, name, *row) for row in zip(*columns, strict=True)]
        print(f"world {world}, {name}: median angle {np.median(columns[2]):.1f}°", flush=True)
    return cases


STATED = {
    "sampling error alone": (False, False),
    "with confusion": (True, False),
    "with disagreement": (False, True),
    "with both": (True, True),
}


def covered(cases: Sequence[Case], stated: str) -> np.ndarray:
    """Which true axes lie within the 95 % cone."""
    confusion, disagreement = (
        np.array([getattr(case, field) if use else np.nan for case in cases])
        for field, use in zip(("confusion", "disagreement"), STATED[stated], strict=True)
    )
    errors = systematic_errors([case.kind for case in cases], confusion, disagreement)
    return np.array([case.angle for case in cases]) <= total_cones([case.cone for case in cases], errors)


def covered_without(known: Sequence[Case], chosen: Sequence[Case]) -> np.ndarray:
    """The same, by shares fitted on the axes of the calibration that are of other factors."""
    inside = np.zeros(len(chosen), dtype=np.bool_)
    for fold in range(FOLDS):
        others = [case for case in known if case.world in CALIBRATION and case.factor % FOLDS != fold]
        shares = {
            kind: fitted_shares([case for case in others if case.kind == kind])
            for kind in ("binary", "continuous")
        }
        for place, case in enumerate(chosen):
            if case.factor % FOLDS == fold:
                confusion, disagreement = shares[case.kind]
                error = np.hypot(confusion * case.confusion, disagreement * case.disagreement)
                inside[place] = case.angle <= total_cones(case.cone, error)
    return inside


def fitted_shares(cases: Sequence[Case]) -> tuple[float, float]:
    """The shares that make the angles likeliest, for normal errors in four directions.

    That of the confusion is fitted alone, that of the disagreement beside it.
    """
    from scipy.optimize import minimize
    from scipy.stats import chi2

    angles, errors, confusion, disagreement = np.array(
        [(case.angle, case.error, case.confusion, case.disagreement) for case in cases]
    ).T

    def unlikelihood(logs: np.ndarray) -> float:
        shares = (*np.exp(logs), 0.0)
        variances = errors**2 + (shares[0] * confusion) ** 2 + (shares[1] * disagreement) ** 2
        return -float((chi2.logpdf(4 * angles**2 / variances, 4) - np.log(variances)).sum())

    alone, both = (minimize(unlikelihood, np.log([0.5] * count), method="Nelder-Mead").x for count in (1, 2))
    return float(np.exp(alone[0])), float(np.exp(both[1]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = command_parser("labeller_error", __doc__)
    parser.add_argument("--faces", type=int, default=8_000, help="portraits to train on")
    parser.add_argument("--samples", type=int, default=10_000, help="portraits to fit on")
    options = parser.parse_args(arguments)
    cases = [
        case for world in (*CALIBRATION, *TEST) for case in world_cases(world, options.faces, options.samples)
    ]
    known = [case for case in cases if case.confusion <= WORST]
    print(f"\n{len(known)} of {len(cases)} axes are of attributes that the labeller knows.\n")
    parts = {"worlds 1, 2": CALIBRATION, "worlds 3, 4": TEST}
    groups = {
        f"{part}, {kind}": [case for case in known if case.world in worlds and case.kind == kind]
        for part, worlds in parts.items()
        for kind in ("binary", "continuous")
    }
    print("## Shares that fit best\n")
    rows = [
        [group, *(f"{share:.2f}" for share in fitted_shares(chosen))]
        for group, chosen in groups.items()
        if chosen
    ]
    print(markdown_table(["", "confusion", "disagreement"], rows))
    print("\n## True axes inside the 95 % cone\n")
    for name in LABELLERS:
        chosen = [case for case in known if case.world in TEST and case.labeller == name]
        groups[f"worlds 3, 4, {name}"] = chosen
    groups["worlds 3, 4, all"] = [case for case in known if case.world in TEST]
    rows = [
        [
            f"{group} ({len(chosen)})",
            *(f"{covered(chosen, stated).mean():.0%}" for stated in STATED),
            f"{covered_without(known, chosen).mean():.0%}",
        ]
        for group, chosen in groups.items()
        if chosen
    ]
    print(markdown_table(["axes", *STATED, "shares from other factors"], rows))


if __name__ == "__main__":
    main()
