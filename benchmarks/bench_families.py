"""Huber's regression and least squares on a finished run: which ranks pictures it did not see better?

    python -m benchmarks.bench_families celeba64       # after `make run` and `make evaluate`: half a minute

Ten-fold over all samples. Prints, for each attribute, the area under the ROC curve of each family's predictor
against the decision of the labeller and, on the pictures that it read, of the judge; with the standard
error of their difference. docs/methods.md quotes it.
"""

from __future__ import annotations

import click
import numpy as np
from scipy.stats import rankdata

from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from tlgan.regression.fit import fit_glms
from tlgan.storage.row_files import map_rows, read_attributes

FAMILIES = ("huber", "gaussian")
FOLDS = 10
LEAST = 5  # answers of either sort


def predictions(latents: np.ndarray, logits: np.ndarray, names: list[str], family: str) -> np.ndarray:
    """Predictor of every sample by the fit of the nine folds without it, shape (n_samples, n_attributes)."""
    fold = np.random.default_rng(0).permutation(len(latents)) % FOLDS
    values = np.empty(logits.shape)
    for number in range(FOLDS):
        out = fold == number
        kinds = ["binary"] * len(names)
        fits = fit_glms(latents[~out], logits[~out], names, kinds, family=family, held_out=0.0)
        values[out] = latents[out] @ fits.coefficients.T
    return values


def areas(values: np.ndarray, yes: np.ndarray) -> tuple[np.ndarray, float]:
    """Areas under the ROC curve of the columns of `values`, and the standard error of the last minus the first.

    Standard errors by placement values: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837.
    """
    columns = np.concatenate([values[yes], values[~yes]])
    n_yes, n_no = int(yes.sum()), int((~yes).sum())
    ranks = rankdata(columns, axis=0)
    of_yes = (ranks[:n_yes] - rankdata(columns[:n_yes], axis=0)) / n_no
    of_no = 1 - (ranks[n_yes:] - rankdata(columns[n_yes:], axis=0)) / n_yes
    parts = [part[:, -1] - part[:, 0] for part in (of_yes, of_no)]
    return of_yes.mean(axis=0), float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)))


def comparison(found: list[np.ndarray], scores: np.ndarray, column: int, judged: int) -> list[float]:
    """Area of each family, difference and its standard error, NaN where too few say yes or no."""
    yes = scores[:, judged] > 0
    if min(yes.sum(), (~yes).sum()) < LEAST:
        return [float("nan")] * 4
    both, error = areas(np.stack([values[: len(yes), column] for values in found], axis=1), yes)
    return [*both.tolist(), float(both[1] - both[0]), error]


@click.command()
@click.argument("recipe", default="celeba64")
def main(recipe: str) -> None:
    """Print the table of a finished run with one labeller of binary attributes."""
    plan = make_plan(load_recipe(recipe))
    sample, label, judge = plan.sample, plan.labels[0], plan.judge_labels
    latents = np.array(map_rows(sample.output, "latents", sample.rows))
    logits = np.array(map_rows(label.output, "scores", label.rows))
    judged = np.array(map_rows(judge.output, "scores", judge.rows))
    names, known = (read_attributes(step.output)["names"] for step in (label, judge))
    found = [predictions(latents, logits, names, family) for family in FAMILIES]
    print(f"| attribute | AUC, labeller's decision: {', '.join(FAMILIES)} | AUC, judge's decision |")
    print("|---|---:|---:|")
    rows = []
    for column, name in enumerate(names):
        both = [
            comparison(found, logits, column, column),
            comparison(found, judged, column, known.index(name)),
        ]
        rows.append(both)
        cells = ("–" if np.isnan(a) else f"{a:.3f}, {b:.3f}, {d:+.4f} ± {e:.4f}" for a, b, d, e in both)
        print(f"| {name} | {' | '.join(cells)} |")
    for who, table in zip(("labeller", "judge"), np.array(rows).swapaxes(0, 1), strict=True):
        table = table[~np.isnan(table[:, 0])]
        means, sure = table.mean(axis=0), np.sign(table[:, 2]) * (np.abs(table[:, 2]) > 2 * table[:, 3])
        print(f"\n{who}: {len(table)} attributes, means {means[0]:.4f} and {means[1]:.4f};")
        print(
            f"beyond two standard errors {(sure < 0).sum()} for {FAMILIES[0]}, {(sure > 0).sum()} for {FAMILIES[1]}"
        )


if __name__ == "__main__":
    main()
