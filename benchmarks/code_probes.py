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


def explained(codes: np.ndarray, factor: np.ndarray) -> tuple[float, float]:
    """R² on the last third of the rows, of a ridge regression and of a small network fitted on the others.

    Parameters
    ----------
    codes : float array, shape (n, F)
    factor : float array, shape (n,)

    Returns
    -------
    tuple of float, at most 1; about 0 where the codes say nothing, and below where a fit is worse than the mean
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.neural_network import MLPRegressor

    fitted = 2 * len(codes) // 3
    target = (factor - factor[:fitted].mean()) / factor[:fitted].std()
    ridge = RidgeCV(PENALTIES).fit(codes[:fitted], target[:fitted])
    network = MLPRegressor(hidden_layer_sizes=(HIDDEN,), alpha=1e-2, early_stopping=True, random_state=0)
    some = leading_components(codes, fitted)
    network.fit(some[:fitted], target[:fitted])
    unseen = target[fitted:]
    errors = [unseen - ridge.predict(codes[fitted:]), unseen - network.predict(some[fitted:])]
    linear, small = (float(1 - np.mean(error**2) / unseen.var()) for error in errors)
    return linear, small


def named(codes: np.ndarray, numbers: np.ndarray) -> tuple[float, float]:
    """Share of the last third of the rows whose number is read rightly, by a linear and by a small network.

    Parameters
    ----------
    codes : float array, shape (n, F)
    numbers : int array, shape (n,)
    """
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.neural_network import MLPClassifier

    fitted = 2 * len(codes) // 3
    some = leading_components(codes, fitted)
    linear = RidgeClassifierCV(PENALTIES).fit(codes[:fitted], numbers[:fitted])
    network = MLPClassifier(hidden_layer_sizes=(HIDDEN,), alpha=1e-2, early_stopping=True, random_state=0)
    network.fit(some[:fitted], numbers[:fitted])
    return (
        float((linear.predict(codes[fitted:]) == numbers[fitted:]).mean()),
        float((network.predict(some[fitted:]) == numbers[fitted:]).mean()),
    )


def standardised(codes: np.ndarray, fitted: int) -> np.ndarray:
    """Codes of mean 0 and variance 1 over the first `fitted` rows, without columns that never vary."""
    rows = np.asarray(codes, np.float32).reshape(len(codes), -1)
    deviations = rows[:fitted].std(axis=0)
    varied = deviations > 1e-6
    return (rows[:, varied] - rows[:fitted, varied].mean(axis=0)) / deviations[varied]


def leading_components(codes: np.ndarray, fitted: int) -> np.ndarray:
    """The principal components of codes that vary most, as shares of the first one's deviation."""
    from sklearn.decomposition import PCA

    most = min(COMPONENTS, fitted, codes.shape[1])
    found = PCA(most, svd_solver="randomized", random_state=0).fit(codes[:fitted])
    return np.asarray(found.transform(codes) / np.sqrt(found.explained_variance_[0]), np.float32)


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
    fitted, rows = 2 * len(numbers) // 3, []
    for title, values in codes.items():
        standard = standardised(values, fitted)
        cells = ["{:.0%} / {:.0%}".format(*named(standard, numbers))]
        cells += ["{:.2f} / {:.2f}".format(*explained(standard, factor)) for factor in factors.values()]
        rows.append([title, str(standard.shape[1]), *cells])
    return markdown_table(["code", "numbers", "person", *factors], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("code_probes", __doc__)
    parser.add_argument("--portraits", type=int, default=3000)
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
    factors = {name: people.factors[:, FACTORS.index(name)] for name in READ}
    print(f"{options.portraits} portraits; linear / small network", flush=True)
    print(probe_table(codes, factors, people.numbers))


if __name__ == "__main__":
    main()
