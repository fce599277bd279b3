"""Area under the ROC curve of two families of fits, on pictures that the fit did not see.

    python -m benchmarks.family_ranking celeba64       # after `make run` and `make evaluate`; two minutes
    python -m benchmarks.family_ranking celeba64 --families huber gaussian

Ten-fold over all samples of a finished run. Prints, for each attribute, the area under the ROC curve of each family's
predictor against the decision of the labeller and, on the pictures that it labelled, of the judge; with the
standard error of their difference. docs/methods.md quotes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table

FAMILIES = ("gaussian", "binomial")
FOLDS = 10
LEAST = 5  # positives, and negatives, that an area needs


class FinishedScores(NamedTuple):
    """Latents (n, D) of a finished run, the labeller's logits (n, K) and the judge's (m, L), and their names."""

    latents: np.ndarray
    logits: np.ndarray
    names: list[str]
    judge_logits: np.ndarray
    judge_names: list[str]


class Areas(NamedTuple):
    """Area under the ROC curve of each family, the second minus the first, and its standard error."""

    first: float
    second: float
    difference: float
    error: float


def read_scores(recipe: str) -> FinishedScores:
    """Read what a finished run has, with one labeller of binary attributes."""
    from pipelines.planning.plan import make_plan
    from pipelines.recipe.load import load_recipe
    from tlgan.storage.row_files import map_rows, read_attributes

    plan = make_plan(load_recipe(recipe))
    sample, label, judge = plan.sample, plan.labels[0], plan.judge_labels
    return FinishedScores(
        latents=np.array(map_rows(sample.output, "latents", sample.rows)),
        logits=np.array(map_rows(label.output, "scores", label.rows)),
        names=read_attributes(label.output)["names"],
        judge_logits=np.array(map_rows(judge.output, "scores", judge.rows)),
        judge_names=read_attributes(judge.output)["names"],
    )


def predictions(latents: np.ndarray, logits: np.ndarray, names: list[str], family: str) -> np.ndarray:
    """Predictor of every sample by the fit of the nine folds without it, shape (n_samples, n_attributes)."""
    from tlgan.regression.fit import fit_glms, probabilities

    kinds = ["binary"] * len(names)
    responses = probabilities(logits, kinds) if family == "binomial" else logits
    options = {"family": family, "held_out": 0.0, "covariance": "model"}  # no error is asked for
    fold = np.random.default_rng(0).permutation(len(latents)) % FOLDS
    values = np.empty(logits.shape)
    for number in range(FOLDS):
        out = fold == number
        fits = fit_glms(latents[~out], responses[~out], names, kinds, **options)
        values[out] = latents[out] @ fits.coefficients.T
    return values


def areas(values: np.ndarray, yes: np.ndarray) -> tuple[np.ndarray, float]:
    """Areas under the ROC curve of the columns of `values`, and the standard error of the last minus the first.

    Standard errors by placement values: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837.
    """
    from scipy.stats import rankdata

    columns = np.concatenate([values[yes], values[~yes]])
    n_yes, n_no = int(yes.sum()), int((~yes).sum())
    ranks = rankdata(columns, axis=0)
    of_yes = (ranks[:n_yes] - rankdata(columns[:n_yes], axis=0)) / n_no
    of_no = 1 - (ranks[n_yes:] - rankdata(columns[n_yes:], axis=0)) / n_yes
    parts = [part[:, -1] - part[:, 0] for part in (of_yes, of_no)]
    return of_yes.mean(axis=0), float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)))


def compare_areas(predicted: list[np.ndarray], column: int, logits: np.ndarray) -> Areas:
    """Areas of the families for one attribute, NaN where too few are positive or negative.

    Parameters
    ----------
    predicted : list of float array, shape (n, K)
        Predictors of each family.
    column : int
        The attribute.
    logits : float array, shape (m,)
        Of the network that decides, for the first m samples.
    """
    yes = logits > 0
    if min(yes.sum(), (~yes).sum()) < LEAST:
        return Areas(*[float("nan")] * 4)
    columns = np.stack([values[: len(yes), column] for values in predicted], axis=1)
    (first, second), error = areas(columns, yes)
    return Areas(float(first), float(second), float(second - first), error)


def print_summary(who: str, compared: list[Areas], families: Sequence[str]) -> None:
    """Print the mean areas, and how many attributes differ by more than two standard errors."""
    table = np.array([one for one in compared if not np.isnan(one.first)])
    means, sure = table.mean(axis=0), np.sign(table[:, 2]) * (np.abs(table[:, 2]) > 2 * table[:, 3])
    print(f"\n{who}: {len(table)} attributes, means {means[0]:.4f} and {means[1]:.4f};")
    print(
        f"beyond two standard errors {(sure < 0).sum()} for {families[0]}, {(sure > 0).sum()} for {families[1]}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of a finished run."""
    parser = command_parser("family_ranking", __doc__)
    parser.add_argument("recipe", nargs="?", default="celeba64")
    parser.add_argument("--families", nargs=2, default=FAMILIES, choices=("huber", "gaussian", "binomial"))
    options = parser.parse_args(arguments)
    run = read_scores(options.recipe)
    predicted = [predictions(run.latents, run.logits, run.names, family) for family in options.families]
    compared: dict[str, list[Areas]] = {"labeller": [], "judge": []}
    rows = []
    for column, name in enumerate(run.names):
        judged = run.judge_logits[:, run.judge_names.index(name)]
        compared["labeller"].append(compare_areas(predicted, column, run.logits[:, column]))
        compared["judge"].append(compare_areas(predicted, column, judged))
        both = [one[-1] for one in compared.values()]
        cells = ("–" if np.isnan(a) else f"{a:.3f}, {b:.3f}, {d:+.4f} ± {e:.4f}" for a, b, d, e in both)
        rows.append([name, *cells])
    head = ["attribute", f"AUC, labeller's decision: {', '.join(options.families)}", "AUC, judge's decision"]
    print(markdown_table(head, rows))
    for who, found in compared.items():
        print_summary(who, found, options.families)


if __name__ == "__main__":
    main()
