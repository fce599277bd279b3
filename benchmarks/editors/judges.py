"""What reads edited pictures: networks that no editor was trained by, and a reader of the factors of drawn faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.synthetic.drawing import draw_portraits
from data.synthetic.face_parameters import FACTORS
from data.synthetic.people import CHANGING
from pipelines.execution.failed_rows import finite_scores

if TYPE_CHECKING:
    from models.protocols import Embedder, Labeller
    from pipelines.recipe.load import Recipe

OWN = tuple(name for name in FACTORS if name not in CHANGING)  # factors that a person keeps
CHUNK = 500  # portraits drawn at a time
HIDDEN = (256, 128)  # units of the network that reads factors
COMPONENTS, FOR_COMPONENTS = (
    150,
    5000,
)  # principal components of each part of a picture; pictures they are found on
FEATURE_WEIGHT = (
    0.3  # of a judge's standardised features beside components, the first of which has variance 1
)


@dataclass(frozen=True, eq=False)
class Sight:
    """What a judge sees of pictures.

    Attributes
    ----------
    scores : float array, shape (n, K), one column per attribute
    features : float array, shape (n, F), whose distribution tells how real the pictures look
    person : float array, shape (n, P), what `Judge.distances` compares
    second : float array, shape (n, K), the same attributes as another judge sees them; NaN where it knows none
    """

    scores: np.ndarray
    features: np.ndarray
    person: np.ndarray
    second: np.ndarray


@dataclass(frozen=True, eq=False)
class Judge:
    """A judge of edits.

    Attributes
    ----------
    name : str
    attributes : tuple of str, length K
    middles : float array, shape (K,), scores above which an attribute is there
    groups : tuple of tuples of str, attributes that say nearly the same
    look : callable, pictures to a `Sight`
    distances : callable, the persons of two sights to distances, shape (n,)
    same_person : float or None, the distance below which two pictures show one person
    notes : tuple of str, what a reader of its tables should know
    """

    name: str
    attributes: tuple[str, ...]
    middles: np.ndarray
    groups: tuple[tuple[str, ...], ...]
    look: Callable[[np.ndarray], Sight]
    distances: Callable[[np.ndarray, np.ndarray], np.ndarray]
    same_person: float | None = None
    notes: tuple[str, ...] = ()


def photograph_judge(recipe: Recipe) -> Judge:
    """The judge of a recipe, beside it the networks of `make face-api`, which others trained.

    The second opinion is on what these know of the judge's attributes: a smile by "happy", and sex.
    """
    from models.loaders.embedder import cosine_distances, load_embedder
    from models.loaders.labeller import load_labeller
    from pipelines.inversion.open_inverter import RECOGNISER
    from pipelines.sources.second_judges import shared_attributes, shared_scores

    judge = load_labeller(recipe.evaluate.judge, "judge")
    recogniser: Embedder = load_embedder(RECOGNISER)
    others: Sequence[Labeller] = [load_labeller(f"face-api-{name}") for name in ("age-gender", "expression")]
    shared = shared_attributes(judge.names, [one.names for one in others], recipe.evaluate.same_as)
    columns = [judge.names.index(one.name) for one in shared]

    def look(pictures: np.ndarray) -> Sight:
        scores, features = judge.score_and_features(pictures)
        finite_scores(judge, scores)
        second = np.full(scores.shape, np.nan)
        second[:, columns] = shared_scores([one.score_rows(pictures, pictures, 0) for one in others], shared)
        return Sight(scores, features, recogniser(pictures), second)

    return Judge(
        name=f"{judge.name}; {recogniser.name}",
        attributes=judge.names,
        middles=np.zeros(len(judge.names)),
        groups=tuple(recipe.groups.values()),
        look=look,
        distances=cosine_distances,
        same_person=recogniser.same_person_threshold,
    )


def factor_judge(judge: Labeller, portraits: int, resolution: int = 64, seed: int = 17) -> Judge:
    """A judge that reads the true factors off drawn faces, whatever goes with what.

    It is fitted on portraits that are drawn for it, whose factors are independent: a judge that has seen beards on
    men alone would take a beard for a man. Its error on portraits held out is told in the notes.

    Parameters
    ----------
    judge : Labeller
        A network that reads drawn faces, whose features are part of what is read.
    portraits : int
        To fit and to measure on, five of six to fit.
    """
    factors = np.random.default_rng(seed).standard_normal((portraits, len(FACTORS)))
    starts = range(0, portraits, CHUNK)
    pictures = np.concatenate(
        [draw_portraits(factors[start : start + CHUNK], resolution) for start in starts]
    )
    fitted = 5 * portraits // 6
    read = fit_reader(judge, pictures[:fitted], factors[:fitted])
    missed = factors[fitted:] - read(pictures[fitted:])
    explained = 1 - (missed**2).mean(axis=0) / factors[fitted:].var(axis=0)
    own = [FACTORS.index(name) for name in OWN]

    def look(seen: np.ndarray) -> Sight:
        scores = read(seen)
        features = judge.score_and_features(seen, seen, 0)[1]
        return Sight(scores, features, scores[:, own], np.full(scores.shape, np.nan))

    return Judge(
        name="factors read off drawn faces",
        attributes=FACTORS,
        middles=np.zeros(len(FACTORS)),
        groups=(),
        look=look,
        distances=lambda first, second: np.abs(first - second).mean(axis=1),
        notes=(
            "R² of the factors read off portraits held out: "
            + ", ".join(f"{name} {value:.2f}" for name, value in zip(FACTORS, explained, strict=True)),
        ),
    )


def fit_reader(
    judge: Labeller, pictures: np.ndarray, factors: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Fit a small network that reads factors, (n, K), off drawn pictures, (n, R, R, 3).

    It is given a judge's features and scores, and the principal components of the picture and of the part around the
    mouth.
    """
    from sklearn.decomposition import PCA
    from sklearn.neural_network import MLPRegressor
    from sklearn.preprocessing import StandardScaler

    components = [
        PCA(COMPONENTS, svd_solver="randomized", random_state=0).fit(part[:FOR_COMPONENTS])
        for part in _parts(pictures)
    ]
    scaler = StandardScaler().fit(np.hstack(judge.score_and_features(pictures, pictures, 0)))

    def describe(seen: np.ndarray) -> np.ndarray:
        parts = zip(components, _parts(seen), strict=True)
        found = [fitted.transform(part) / np.sqrt(fitted.explained_variance_[0]) for fitted, part in parts]
        judged = scaler.transform(np.hstack(judge.score_and_features(seen, seen, 0)))
        return np.hstack([*found, FEATURE_WEIGHT * judged])

    network = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        alpha=1e-3,
        batch_size=128,
        early_stopping=True,
        max_iter=60,
        random_state=0,
    ).fit(describe(pictures), factors)
    return lambda seen: np.asarray(network.predict(describe(seen))).reshape(len(seen), -1)


def _parts(pictures: np.ndarray) -> list[np.ndarray]:
    """The picture at half its size, and the part around the mouth, as rows of shares."""
    side = pictures.shape[1]
    mouth = pictures[:, side * 34 // 64 : side * 58 // 64, side * 14 // 64 : side * 50 // 64]
    parts = (pictures[:, ::2, ::2], mouth)
    return [part.reshape(len(part), -1).astype(np.float32) / 255 for part in parts]
