"""What the codes of translators hold: person, expression, pose and light, read by a linear and a small network.

    python -m benchmarks.code_probes [--portraits 3000]

Portraits of the drawn people of the recipe `deepfakes`, beyond those of its training set, whose factors are known. For
each code a ridge or logistic regression, and a network with one hidden layer, learn to read a factor from the first
two thirds of the portraits and are measured on the others: R², or the share of people named rightly. Beside the codes
stand the pixels, and the latents of the generator of drawn faces, which hold everything. A code that hides a factor is
read with R² about 0, or as often rightly as by chance. Minutes; docs/construction-or-discovery.md quotes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table

READ = ("Smiling", "Mouth_Open", "Head_Turn", "Light", "Background")
TRANSLATORS = (
    ("DeepFakes, decoder for each person", "deepfakes", "people", "deepfakes-people"),
    ("DeepFakes, decoder for each light", "deepfakes", "light", "deepfakes-light"),
    ("Fader, Smiling", "fader", "smile", "fader-smile"),
    ("Fader, Light", "fader", "light", "fader-light"),
)
PENALTIES = np.logspace(0, 6, 7)
COMPONENTS = 256  # that the small network is given, the most that vary
HIDDEN = 64


class Code(NamedTuple):
    """A code of pictures, to be probed.

    Attributes
    ----------
    numbers : float32 array, shape (n, F), each of mean 0 and variance 1 over the rows that probes are fitted on
    leading : float32 array, shape (n, COMPONENTS at most), its principal components that vary most, in units of
        the first one's deviation
    fitted : int, so many rows come first
    """

    numbers: np.ndarray
    leading: np.ndarray
    fitted: int


def prepare_code(codes: np.ndarray) -> Code:
    """Standardise a code, without numbers that never vary; the first two thirds of its rows are for fits."""
    from sklearn.decomposition import PCA

    rows, fitted = np.asarray(codes, np.float32).reshape(len(codes), -1), 2 * len(codes) // 3
    deviations = rows[:fitted].std(axis=0)
    varied = deviations > 1e-6
    numbers = (rows[:, varied] - rows[:fitted, varied].mean(axis=0)) / deviations[varied]
    most = min(COMPONENTS, fitted, numbers.shape[1])
    found = PCA(most, svd_solver="randomized", random_state=0).fit(numbers[:fitted])
    leading = found.transform(numbers) / np.sqrt(found.explained_variance_[0])
    return Code(numbers, np.asarray(leading, np.float32), fitted)


def explained(code: Code, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R² of factors on the rows that are not fitted, of a ridge regression and of a small network.

    Parameters
    ----------
    code : Code
    factors : float array, shape (n, K)

    Returns
    -------
    tuple of float arrays, shape (K,), at most 1; about 0 where the code says nothing, and below where a fit is worse
    than the mean
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.neural_network import MLPRegressor

    some = slice(code.fitted)
    targets = (factors - factors[some].mean(axis=0)) / factors[some].std(axis=0)
    ridge = RidgeCV(PENALTIES, alpha_per_target=True).fit(code.numbers[some], targets[some])
    network = MLPRegressor(hidden_layer_sizes=(HIDDEN,), alpha=1e-2, early_stopping=True, random_state=0)
    network.fit(code.leading[some], targets[some] if targets.shape[1] > 1 else targets[some, 0])
    unseen = targets[code.fitted :]
    read = ridge.predict(code.numbers[code.fitted :]), network.predict(code.leading[code.fitted :])
    linear, small = (
        1 - ((unseen - values.reshape(unseen.shape)) ** 2).mean(axis=0) / unseen.var(axis=0)
        for values in read
    )
    return linear, small


def named(code: Code, numbers: np.ndarray) -> tuple[float, float]:
    """Share of the rows that are not fitted whose number is read rightly, by a linear and by a small network.

    Parameters
    ----------
    code : Code
    numbers : int array, shape (n,)
    """
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.neural_network import MLPClassifier

    some, unseen = slice(code.fitted), numbers[code.fitted :]
    linear = RidgeClassifierCV(PENALTIES).fit(code.numbers[some], numbers[some])
    network = MLPClassifier(hidden_layer_sizes=(HIDDEN,), alpha=1e-2, early_stopping=True, random_state=0)
    network.fit(code.leading[some], numbers[some])
    read = linear.predict(code.numbers[code.fitted :]), network.predict(code.leading[code.fitted :])
    share, small = (float((values == unseen).mean()) for values in read)
    return share, small


def probe_table(
    codes: Mapping[str, np.ndarray], factors: Mapping[str, np.ndarray], numbers: np.ndarray
) -> str:
    """One row for each code: its size, then each factor as the linear and the small network read it.

    Parameters
    ----------
    codes : mapping, title to float array, shape (n, F)
    factors : mapping, name to float array, shape (n,)
    numbers : int array, shape (n,), whom each portrait shows
    """
    targets, rows = np.stack(list(factors.values()), axis=1), []
    for title, values in codes.items():
        code = prepare_code(values)
        cells = ["{:.0%} / {:.0%}".format(*named(code, numbers))]
        cells += [
            f"{linear:.2f} / {small:.2f}" for linear, small in zip(*explained(code, targets), strict=True)
        ]
        rows.append([title, str(code.numbers.shape[1]), *cells])
    return markdown_table(["code", "numbers", "person", *factors], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("code_probes", __doc__)
    parser.add_argument("--portraits", type=int, default=3000)
    parser.add_argument("--also", nargs="*", default=[], help="other translators, by name or file")
    options = parser.parse_args(arguments)
    from benchmarks.editors.identity import unseen_people
    from data.synthetic.face_parameters import FACTORS
    from models.loaders.translator import load_translator
    from pipelines.execution.keras_import import import_quietly
    from pipelines.recipe.load import load_recipe
    from pipelines.sources.synthetic import planted_axes_of
    from tlgan.errors import UserError

    import_quietly()
    recipe = load_recipe("deepfakes")
    people = unseen_people(recipe, planted_axes_of(recipe), options.portraits)
    small = people.images.reshape(len(people.images), 32, 2, 32, 2, 3).mean(axis=(2, 4))
    codes = {"pixels, 32×32": small.reshape(len(small), -1), "latents of the generator": people.latents}
    for title, name, network, weights in TRANSLATORS:
        try:
            codes[title] = load_translator(weights).codes(people.images)
        except UserError:
            print(f"{title}: not measured. Train it with `make train RECIPE={name} NAME={network}`.")
    for weights in options.also:
        codes[Path(weights).name.split(".translator")[0]] = load_translator(weights).codes(people.images)
    factors = {name: people.factors[:, FACTORS.index(name)] for name in READ}
    print(f"{options.portraits} portraits; linear / small network", flush=True)
    print(probe_table(codes, factors, people.numbers))


if __name__ == "__main__":
    main()
