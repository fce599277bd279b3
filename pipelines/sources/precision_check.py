"""What computing a generator in 16 bits changes: grey levels of its pictures, logits of its labellers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from pipelines.workflow.machine_cache import MachineCache
from pipelines.workflow.progress import say
from tlgan.errors import NonFiniteError, UserError

if TYPE_CHECKING:
    from models.inference.crop import CropWindow
    from models.protocols import Generator, Labeller

FLOAT32, REDUCED = "float32", ("float16", "bfloat16")
LEAST_WITHIN, MOST_LOGIT = 0.999, 0.05  # limits of an allowed precision, as `PrecisionEffect` has them
VERSION = 1  # raised when networks compute otherwise in 16 bits, or it is measured otherwise
MOST_IMAGES, MOST_PIXELS = 64, 2**22  # that are compared: 64 images up to 256×256, 4 of 1024×1024
ROUNDS = 3


@dataclass(frozen=True)
class PrecisionTrial:
    """A generator whose precisions are compared.

    Attributes
    ----------
    name : str, of the generator
    fingerprint : str, of all below
    draw : callable, gives the `Generator` of whole pictures that computes in a precision
    labellers : tuple of callables, each gives a `Labeller`
    window : CropWindow or None, the part of a picture that these see
    """

    name: str
    fingerprint: str
    draw: Callable[[str], Generator]
    labellers: tuple[Callable[[], Labeller], ...] = ()
    window: CropWindow | None = None


@dataclass(frozen=True)
class PrecisionEffect:
    """How pictures and logits in a precision differ from those in float32, on whole pictures of fixed latents.

    Where a picture comes out as NaN or infinity, speed and share are 0 and there are no logits.

    Attributes
    ----------
    precision : str
    device : str
    images : int, that were compared
    images_per_second : float, best of a few batches
    within : float, share of the pixel values within one grey level of float32
    mean_logit, largest_logit : float or None, |difference| of the labellers' logits; None where none reads any
    """

    precision: str
    device: str
    images: int
    images_per_second: float
    within: Annotated[float, msgspec.Meta(ge=0, le=1)]
    mean_logit: float | None
    largest_logit: float | None

    @property
    def allowed(self) -> bool:
        """Whether both lie within the limits; never where a logit is not a number."""
        return self.within >= LEAST_WITHIN and (self.mean_logit is None or self.mean_logit <= MOST_LOGIT)

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of an artefact drawn in that precision."""
        found = {
            "precision": self.precision,
            "precision_device": self.device,
            "precision_images": self.images,
            "precision_within_one_level": self.within,
            "precision_mean_logit_difference": self.mean_logit,
        }
        return {name: value for name, value in found.items() if value is not None}


def check_precision(trial: PrecisionTrial, precision: str) -> PrecisionEffect:
    """What a precision changes on this device, measured the first time and then looked up.

    Raises
    ------
    UserError
        Where the changes are beyond the limits.
    """
    from models.inference.device import current_device

    cache = MachineCache("precisions")
    key = f"{current_device().name} | {trial.name} in {precision} | {VERSION} {trial.fingerprint}"
    try:
        effect = msgspec.convert(cache.get(key), PrecisionEffect)
    except msgspec.ValidationError:
        say(f"Measuring what {precision} changes beside {FLOAT32} (once)")
        _, effect = measure_precisions(trial, [precision])
        cache[key] = asdict(effect)
    if not effect.allowed:
        figures = f"{effect.within:.2%} of pixel values lie within one grey level of {FLOAT32} (at least "
        figures += f"{LEAST_WITHIN:.1%})"
        if effect.mean_logit is not None:
            figures += f", logits differ by {effect.mean_logit:.3f} on average (at most {MOST_LOGIT})"
        raise UserError(
            f"`sample.precision` {precision!r} changes too much on {effect.device}: {figures}. "
            f"Set it to {FLOAT32!r}."
        )
    return effect


def measure_precisions(
    trial: PrecisionTrial, precisions: Sequence[str] = REDUCED
) -> Iterator[PrecisionEffect]:
    """The effect of float32 itself, for its speed, then of each precision.

    Raises
    ------
    UserError
        Where the generator is no network of ours, or draws NaN or infinity in float32 too.
    """
    from models.inference.device import current_device

    labellers = [open_labeller() for open_labeller in trial.labellers]
    reference = None
    for precision in (FLOAT32, *precisions):
        generator = trial.draw(precision)
        latents = _fixed_latents(generator)
        try:
            images = generator(latents)
        except NonFiniteError:
            if reference is None:
                raise
            yield PrecisionEffect(precision, current_device().name, len(latents), 0.0, 0.0, None, None)
            continue
        logits = _logits(labellers, trial.window, images)
        reference = reference or (images, logits)
        levels = np.abs(images.astype(np.int16) - reference[0])
        differences = np.abs(logits - reference[1])
        yield PrecisionEffect(
            precision=precision,
            device=current_device().name,
            images=len(images),
            images_per_second=_images_per_second(generator, latents),
            within=float((levels <= 1).mean()),
            mean_logit=float(differences.mean()) if differences.size else None,
            largest_logit=float(differences.max()) if differences.size else None,
        )


def _fixed_latents(generator: Generator) -> np.ndarray:
    from tlgan.latents.sampling import draw_latents  # brings SciPy, which `status` does without

    count = max(1, min(MOST_IMAGES, MOST_PIXELS // generator.resolution**2))
    return draw_latents(0, count, generator.latent_dim, space=generator.latent_space)


def _logits(labellers: Sequence[Labeller], window: CropWindow | None, images: np.ndarray) -> np.ndarray:
    """All logits of binary attributes, shape (n, K)."""
    from models.inference.crop import compile_crop

    seen = images if window is None else compile_crop(window)(images)
    logits = [np.zeros((len(images), 0), np.float32)]
    for labeller in labellers:
        binary = np.array(labeller.kinds) == "binary"
        logits.append(labeller.score_rows(seen, np.zeros((len(seen), 0)), 0)[:, binary])
    return np.concatenate(logits, axis=1)


def _images_per_second(generator: Generator, latents: np.ndarray) -> float:
    """Best of a few full batches; the network has drawn before, so nothing is compiled here."""
    rows = np.resize(latents, (generator.batch, generator.latent_dim))
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        generator(rows)
        seconds.append(time.perf_counter() - began)
    return len(rows) / min(seconds)
