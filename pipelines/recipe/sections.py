"""The sections of a recipe, one for each stage; every key is checked when a recipe is read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from models.kinds.network_kind import Count, NotNegative, Pixels, Positive, Resolution, Seed, Share

Framing = Literal["own", "celeba"]
Step = Annotated[float, msgspec.Meta(ge=-100, le=100)]  # standard deviations


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a recipe; an unknown key is an error."""


class MoreData(Section, frozen=True):
    """A data set beside that of `[data]`, whose pictures are trained on too: a table of `data.more`."""

    kind: Literal["celeba", "utkface", "folder"]
    path: str = ""
    table: str = ""
    framing: Framing = "own"


class Data(Section, frozen=True):
    """The labelled photographs that networks are trained on (stages prepare and train).

    Attributes: `kind` of reader; `path` of the data set (empty: the environment variable
    TLGAN_CELEBA or TLGAN_UTKFACE); `table` of the labels of a folder, where it is not the only one there, below
    `path` or anywhere; `resolution` of the faces, pixels; `split`, shares of faces for training,
    validation and test, whole identities at a time ("given": the set's own split, or else 0.85, 0.05, 0.1);
    `seed` of the split; `mirror`, whether a mirrored
    face has the same labels. Of kind "known-axes" are portraits drawn for the purpose, `count` of them, each of
    another person, or of as many `people` in turn.
    `framing` "celeba" shows the faces of UTKFace, which are cut nearer, as those of CelebA are; what lies outside
    the photograph repeats its edge. `more` data sets stand behind the first; labels of one name are one label.
    """

    kind: Literal["celeba", "utkface", "folder", "known-axes"] = "celeba"
    path: str = ""
    table: str = ""
    resolution: Resolution = 64
    split: tuple[Share, Share, Share] | Literal["given"] = "given"
    seed: Seed = 0
    mirror: bool = True
    count: Count = 6_000
    people: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    framing: Framing = "own"
    more: Annotated[tuple[MoreData, ...], msgspec.Meta(max_length=8)] = ()


class KnownAxes(Section, frozen=True):
    """The generator "known-axes" (portraits with planted axes) and its labeller "known-axes-factors".

    With the `nonlinearity` "bent" each factor bends with another, so that no direction moves one alone. `noise` of
    the labeller is in standard deviations of a factor; see `data.synthetic.planted_axes.plant_axes`.
    """

    latent_dim: Annotated[int, msgspec.Meta(ge=20, le=2**14)] = 64
    resolution: Resolution = 64
    nonlinearity: Literal["none", "saturating", "accelerating", "skewed", "bent"] = "none"
    seed: Seed = 0
    noise: NotNegative = 0.5
    noise_seed: Seed = 0


class Sample(Section, frozen=True):
    """Latents and images: `generator` is a name or a weight file; `count` may grow without loss.

    With `until` ("3 degrees"), samples are drawn in blocks until the median angular error of
    `until_attributes` (all where empty) is below it, `count` at most. `latent_space` is the prior of
    an ONNX or Keras network whose sidecar does not say. `precision` is what the generator computes in; 16 bits
    are measured beside float32 before they are used (`pipelines.sources.precision_check`). Without `keep_images`
    pictures are drawn, labelled and dropped in one pass; another labeller then draws them again.
    """

    generator: str
    latent_space: Literal["", "sphere", "normal", "uniform"] = ""
    count: Count = 20_000
    until: Annotated[
        str, msgspec.Meta(pattern=r"\A((?!0+(\.0+)? )[0-9]{1,3}(\.[0-9]{1,6})? degrees?)?\Z")
    ] = ""
    until_attributes: tuple[str, ...] = ()
    seed: Seed = 0
    precision: Literal["float32", "float16", "bfloat16"] = "float32"
    keep_images: bool = True


class Ray(Section, frozen=True):
    """Where blocks of rows go with `engine = "ray"`; see docs/how-to/many-machines.md.

    `address` of a cluster, "host:port", or "auto" on one of its machines (empty: the one that RAY_ADDRESS
    names, else one on this machine for the run alone); `workers` at work at a time (0: one for each GPU, or
    core where there is none); `rows` of a block (0: as in one process, a few batches of this machine's).
    """

    address: str = ""
    workers: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    rows: Annotated[int, msgspec.Meta(ge=0, le=10**6)] = 0


class View(Section, frozen=True):
    """The square of the generator's picture that is labelled: corner, side, and size in pixels.

    `left`, `top` and `side` are in sides of the picture. Without this section it is the whole picture, as it is
    drawn; see docs/how-to/bring-labels.md.
    """

    size: Pixels
    left: Share = 0.0
    top: Share = 0.0
    side: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class Label(Section, frozen=True):
    """Labellers by name, weight file or CSV of labels by hand; their attributes stand side by side."""

    labellers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=100)]


class Fit(Section, frozen=True):
    """The generalised linear models; see `tlgan.regression.fit.fit_glms`.

    The `family` "auto" fits the binary attributes of a labeller as "binomial" and as "gaussian", keeps what predicts
    its decisions on held-out rows better, and fits continuous ones as "huber".
    """

    family: Literal["auto", "huber", "gaussian", "binomial"] = "auto"
    held_out: Share = 0.1
    ridge: NotNegative | Literal["held-out"] = 0.0
    covariance: Literal["robust", "model"] = "robust"
    seed: Seed = 0


class Orthogonalize(Section, frozen=True):
    """Which axes the others are made orthogonal to, and how; see `tlgan.axes.orthogonalize`.

    With `drop_collinear` an axis that depends on those before it is left out, and named, in place of
    stopping the run.
    """

    base: tuple[str, ...] = ()
    method: Literal["none", "project", "gram-schmidt", "lowdin"] = "project"
    drop_collinear: bool = False


class Evaluate(Section, frozen=True):
    """Edits of fresh latents, scored by a judge that did not fit the axes; without a judge, no evaluation.

    `count` latents (it may grow without loss) are moved along every axis by each of `steps` (standard
    deviations of the latent along the axis; for local edits, of the attribute's score) in each of the ways
    `edits` (see `tlgan.editing.edit_methods.EDIT_METHODS`; local ones are left out where the axes have no
    regressor). Their `seed` must not be the sample's. Attributes are measured in standard deviations over the
    first `reference` images of the sample; leakage is stated where the target has changed by `equal_change`
    of these, one number or several. `second_judges` read the pictures too, networks that others trained and that know
    a few of the judge's attributes; `same_as` gives these the second judges' names, with "-" before one that runs the
    other way. `embedder` says whether two pictures show the same face, by default the
    judge's features. The edits of the first `realism` latents are shown to the generator's discriminator too,
    where there is one. `always` is whether `run` evaluates too, or the command `evaluate` alone.
    """

    judge: str = ""
    second_judges: tuple[str, ...] = ()
    same_as: dict[str, str] = msgspec.field(default_factory=dict)
    embedder: str = ""
    always: bool = True
    count: Count = 100
    seed: Seed = 4321
    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=100)] = (-2.0, -1.0, 1.0, 2.0)
    edits: Annotated[
        tuple[
            Literal[
                "raw",
                "orthogonalized",
                "base-locked",
                "all-locked",
                "project",
                "gram-schmidt",
                "lowdin",
                "soft-locked",
                "local-free",
                "local",
                "local-strict",
            ],
            ...,
        ],
        msgspec.Meta(min_length=1),
    ] = ("raw", "orthogonalized", "base-locked")
    reference: Count = 4_000
    equal_change: Positive | Annotated[tuple[Positive, ...], msgspec.Meta(min_length=1)] = 0.5
    realism: Annotated[int, msgspec.Meta(ge=0, multiple_of=8)] = 32

    @property
    def equal_changes(self) -> tuple[float, ...]:
        """The changes of the target at which leakage is stated, the first one also axis by axis."""
        return self.equal_change if isinstance(self.equal_change, tuple) else (self.equal_change,)


class Export(Section, frozen=True):
    """Formats of the exported axes."""

    formats: tuple[
        Literal["tlgan", "interfacegan", "tlgan-pickle", "npz", "safetensors", "csv", "json"], ...
    ] = (
        "tlgan",
        "interfacegan",
        "npz",
        "csv",
        "json",
    )


class Report(Section, frozen=True):
    """The page: `strips` of the strongest axes, each `faces` × `steps` pictures.

    `reach` is the largest step, in standard deviations of the latent along the axis. Each face is the best of
    `best_of` by the discriminator's score, where there is a discriminator beside the generator.
    """

    strips: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 12
    faces: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    steps: Annotated[int, msgspec.Meta(ge=3, le=101)] = 7
    reach: Annotated[float, msgspec.Meta(gt=0, le=100)] = 3.0
    seed: Seed = 1234
    best_of: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4


def as_mapping(section: Section | None) -> dict[str, Any]:
    """A section of a recipe by key; empty where it is absent."""
    return {} if section is None else {field: getattr(section, field) for field in section.__struct_fields__}
