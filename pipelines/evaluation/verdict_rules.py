"""The rules of verdicts on axes: their limits, what they say, and how many resamples of the faces agree with a word."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tlgan.axes.rarity import LEAST_FITTED, LEAST_HELD_OUT

USABLE, ENTANGLED, WEAK, NOT_FOUND, TOO_RARE = "usable", "entangled", "weak", "not found", "too rare"
NOT_EVALUATED = "not evaluated"
WORDS = (USABLE, ENTANGLED, WEAK, NOT_FOUND, TOO_RARE, NOT_EVALUATED)

CHANCE = {"AUC": 0.55, "R²": 0.02}  # held-out scores below which there is no axis
GOOD = {"AUC": 0.75, "R²": 0.25}  # held-out scores from which an axis is good
NOT_FOUND_DEGREES, WEAK_DEGREES = 45.0, 15.0
VERDICT_CHANGE = 1.0  # of the target, in standard deviations, at which an edit is judged
LEAST_CHANGE = 0.1  # sd of the target, at the largest step: the judge sees nothing
MOST_SIDE_EFFECT = 0.5  # of the target's change
LEAST_SAME_PERSON = 0.5  # share of faces
LEAST_RAW_COSINE = 0.5  # cosine of an axis with itself before it was orthogonalised
MOST_COSINE = 0.6

RARE_RULE = (
    TOO_RARE,
    f"fewer than {LEAST_FITTED} pictures with the attribute (or without it) to fit, or fewer than {LEAST_HELD_OUT} "
    "to score the axis by: the score would be luck, and nobody has seen what the axis leads to.",
)

NOT_EVALUATED_RULE = (
    NOT_EVALUATED,
    "edits of it follow the regressor, and no judge has seen them: neither the straight axis nor the regressor, which "
    "the edit itself goes by, tells what else they change in pictures.",
)

RULES = (
    RARE_RULE,
    NOT_EVALUATED_RULE,
    (
        NOT_FOUND,
        f"the held-out score is at chance (AUC below {CHANCE['AUC']}, R² below {CHANCE['R²']}), or one standard "
        f"error of the direction is above {NOT_FOUND_DEGREES:g}°, or the judge sees the attribute move by less than "
        f"{LEAST_CHANGE:g} sd at the largest step (where the axis lies mostly in the base, it counts as entangled "
        "with the base instead).",
    ),
    (
        WEAK,
        f"the held-out score is low (AUC below {GOOD['AUC']}, R² below {GOOD['R²']}), or one standard error of "
        f"the direction is above {WEAK_DEGREES:g}°, or the axis does not move its attribute, as the judge "
        "sees it, as far as axes are compared at.",
    ),
    (
        ENTANGLED,
        f"while the axis moves its own attribute by one sd, the judge sees another move by more than "
        f"{MOST_SIDE_EFFECT:g} sd. Where there is no judge: the axis keeps less than {LEAST_RAW_COSINE:g} of "
        "itself (cosine) after orthogonalisation, "
        f"or its cosine with another axis is above {MOST_COSINE:g}.",
    ),
    (USABLE, "none of these."),
)
"""The rules in the order in which they are asked, in words, where edits follow a straight axis."""

LOCAL_RULES = (
    RARE_RULE,
    NOT_EVALUATED_RULE,
    (
        NOT_FOUND,
        f"the judge sees the attribute move by less than {LEAST_CHANGE:g} sd at the largest step.",
    ),
    (WEAK, "the judge does not see the attribute move by 1 sd."),
    (
        ENTANGLED,
        f"where the attribute has moved by 1 sd, the judge sees one outside its group move by more than "
        f"{MOST_SIDE_EFFECT:g} sd on the mean over faces, or (where a network that knows people was asked) "
        f"fewer than {LEAST_SAME_PERSON:.0%} of the faces are still the same person.",
    ),
    (USABLE, "none of these."),
)
"""The rules of axes whose regressor local edits follow."""


def resampled_words(
    furthest: np.ndarray,
    changes: np.ndarray,
    among: np.ndarray,
    far: float,
    same_person: np.ndarray | None = None,
) -> list[dict[str, float]]:
    """The word that the rules about edited faces give in every bootstrap resample of them.

    Parameters
    ----------
    furthest : float array, shape (1 + B, A)
        How far each axis moves its target, in the sample itself and in each resample.
    changes : float array, shape (1 + B, A, K)
        Changes of the attributes where the target has moved by one standard deviation.
    among : bool array, shape (A, K)
        The attributes that count: outside the group, and moved beyond doubt.
    far : float
        How far the target must move.
    same_person : float array, shape (1 + B, A), optional
        Share of faces that stay the same person; NaN where unknown.

    Returns
    -------
    list of dict, one for each axis
        Word to the share of the B resamples that give it; the sample's own word is the first.
    """
    sizes = np.where(among, np.abs(changes), 0.0)
    entangled = (np.nan_to_num(sizes) > MOST_SIDE_EFFECT).any(axis=2)
    if same_person is not None:
        entangled |= same_person < LEAST_SAME_PERSON
    unknown = np.isnan(changes).all(axis=2)  # the sample itself does not reach so far
    words = np.where(entangled, ENTANGLED, np.where(unknown, "", USABLE)).astype(object)
    words[~(furthest >= far)] = WEAK
    words[~(furthest >= LEAST_CHANGE)] = NOT_FOUND
    shares = []
    for own, *resampled in words.T.tolist():
        counts = Counter(resampled)
        shares.append(
            {word: counts[word] / max(1, len(resampled)) for word in dict.fromkeys([own, *sorted(counts)])}
        )
    return shares
