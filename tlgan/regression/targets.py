"""Check the responses of a fit, and build the columns to fit from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from tlgan.array_types import Booleans, Floats
from tlgan.axes.axes import ATTRIBUTE_KINDS
from tlgan.errors import UserError
from tlgan.regression.streaming.row_stream import Rows, Table, TargetColumn

FAMILIES = ("gaussian", "binomial", "huber")
MOST = 1e100  # size of a response: squares and their sums must be numbers
MOST_CATEGORIES = 100


@dataclass(frozen=True)
class Targets:
    """The columns to fit: one per binary or continuous attribute, one per category of the others.

    Attributes
    ----------
    rows : Rows
    names, kinds, families : tuple of str, one per column of `rows`
    """

    rows: Rows
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    families: tuple[str, ...]

    @property
    def thresholds(self) -> Floats:
        """Responses above these are a "yes", one per column."""
        return np.array([decision_threshold(family) for family in self.families])


def decision_threshold(family: str) -> float:
    """Responses of a family above this are a "yes"."""
    return 0.5 if family == "binomial" else 0.0


def holds_labels(columns: npt.NDArray[Any]) -> Booleans:
    """Which columns hold nothing but 0, 1 and NaN, shape (n_columns,)."""
    found: Booleans = np.all((columns == 0) | (columns == 1) | np.isnan(columns), axis=0)
    return found


def probabilities(scores: npt.ArrayLike, kinds: Sequence[str]) -> npt.NDArray[Any]:
    """Turn the logits of binary attributes to probabilities; leave other columns as they are.

    A binary column of nothing but 0, 1 and NaN holds labels, which are probabilities already.

    Parameters
    ----------
    scores : float array, shape (n_samples, n_attributes)
        Logits of binary attributes, values of continuous ones, codes of categorical ones.
    kinds : sequence of str, length n_attributes

    Returns
    -------
    float array, shape (n_samples, n_attributes)
        The responses that `tlgan.regression.fit.fit_glms` expects with family "binomial".
    """
    responses = np.array(scores)
    binary = np.flatnonzero((np.asarray(kinds) == "binary") & ~holds_labels(responses))
    responses[:, binary] = special.expit(responses[:, binary])
    return responses


def build_targets(
    latents: Table,
    responses: Table,
    names: Sequence[str],
    kinds: Sequence[str],
    family: str | Sequence[str],
    *,
    held_out: float,
    seed: int,
    chunk_rows: int,
) -> Targets:
    """Check the arguments of a fit, and build the columns to fit.

    Parameters
    ----------
    latents, responses, names, kinds, family, held_out, seed, chunk_rows
        As for `tlgan.regression.fit.fit_glms`.

    Returns
    -------
    Targets

    Raises
    ------
    UserError
        For anything that `tlgan.regression.fit.fit_glms` does not take.
    """
    _check_shapes(latents, responses)
    families = [family] * len(kinds) if isinstance(family, str) else list(family)
    _check_columns(responses.shape[1], names, kinds, families)
    if not 0 <= held_out < 1:
        raise UserError(f"`held_out` must be at least 0 and below 1. Got {held_out}.")
    if chunk_rows < 1:
        raise UserError(f"`chunk_rows` must be at least 1. Got {chunk_rows}.")
    plain = Rows(latents, responses, tuple(map(TargetColumn, range(len(names)))), chunk_rows, held_out, seed)
    codes, hard = _check_responses(plain, names, kinds, families)
    columns = []
    for index, (name, kind, wanted) in enumerate(zip(names, kinds, families, strict=True)):
        if kind == "categorical":
            for code in codes[index]:
                columns.append((TargetColumn(index, code), f"{name}={code + 0.0:g}", kind, "binomial"))
        else:
            columns.append((TargetColumn(index), name, kind, _usable_family(kind, wanted, hard[index])))
    laid_out, row_names, row_kinds, row_families = zip(*columns, strict=True)
    rows = Rows(latents, responses, laid_out, chunk_rows, held_out, seed)
    return Targets(rows, row_names, row_kinds, row_families)


def _check_shapes(latents: Table, responses: Table) -> None:
    if len(latents.shape) != 2 or 0 in latents.shape:
        raise UserError(
            "`latents` must have shape (n_samples, latent_dim), neither of them 0. "
            f"Got {tuple(latents.shape)}."
        )
    if len(responses.shape) != 2 or responses.shape[0] != latents.shape[0] or not responses.shape[1]:
        raise UserError(
            f"`responses` must have shape ({latents.shape[0]}, n_attributes): one row per latent, at "
            f"least one attribute. Got {tuple(responses.shape)}."
        )


def _check_columns(count: int, names: Sequence[str], kinds: Sequence[str], families: Sequence[str]) -> None:
    for what, entries in (("names", names), ("kinds", kinds), ("family", families)):
        if len(entries) != count:
            raise UserError(
                f"`{what}` must have one entry per column of `responses` ({count}). Got {len(entries)}."
            )
    for what, words, known in (("kinds", kinds, ATTRIBUTE_KINDS), ("family", families, FAMILIES)):
        for word in words:
            if word not in known:
                raise UserError(f"`{what}` must be of {', '.join(known)}. Got {word!r}.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise UserError(f"`names` must differ. Got {twice!r} twice.")


def _usable_family(kind: str, wanted: str, hard: bool) -> str:
    if kind == "continuous" and wanted == "binomial":
        return "gaussian"
    # Residuals of labels are no noise: to Huber's loss the rare label is an outlier.
    return "binomial" if kind == "binary" and hard else wanted


class _ColumnContents(NamedTuple):
    """Codes of each categorical column, ascending, and which columns hold nothing but 0 and 1."""

    codes: list[list[float]]
    hard: Booleans


def _check_responses(
    rows: Rows, names: Sequence[str], kinds: Sequence[str], families: Sequence[str]
) -> _ColumnContents:
    """Refuse responses out of range; find categories and columns of 0 and 1."""
    codes: list[set[float]] = [set() for _ in names]
    hard = np.ones(len(names), dtype=np.bool_)
    for start, responses, _ in rows.response_chunks():
        beyond = np.abs(responses) > MOST  # infinity too; not NaN
        if beyond.any():
            row, column = (int(place) for place in np.argwhere(beyond)[0])
            raise UserError(
                f"`responses` must be finite and at most {MOST:g} in size, or NaN where missing. "
                f"Got {responses[row, column]} for {names[column]!r} in row {start + row}."
            )
        hard &= holds_labels(responses)
        for column, (name, kind, family) in enumerate(zip(names, kinds, families, strict=True)):
            known = responses[:, column][~np.isnan(responses[:, column])]
            if kind == "categorical":
                codes[column].update(np.unique(known).tolist())
                _check_codes(name, known, len(codes[column]))
            elif kind == "binary" and family == "binomial":
                wrong = known[(known < 0) | (known > 1)]
                if len(wrong):
                    raise UserError(
                        f'`responses` of the binary {name!r} must be from 0 to 1 with family "binomial". '
                        f"Got {wrong[0]:g}; turn logits to probabilities with tlgan.regression.fit.probabilities."
                    )
    for name, kind, found in zip(names, kinds, codes, strict=True):
        if kind == "categorical" and not found:
            raise UserError(f"`responses` of the categorical {name!r} must hold a category. All are missing.")
    return _ColumnContents([sorted(found) for found in codes], hard)


def _check_codes(name: str, known: Floats, count: int) -> None:
    fractional = known[known != np.round(known)]
    if len(fractional):
        raise UserError(
            f"`responses` of the categorical {name!r} must be whole numbers, one per category. "
            f"Got {fractional[0]:g}."
        )
    if count > MOST_CATEGORIES:
        raise UserError(
            f"`responses` of the categorical {name!r} must hold at most {MOST_CATEGORIES} categories. "
            "Got more; is it continuous?"
        )
