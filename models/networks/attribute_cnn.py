"""Networks that read attributes from a face: one logit or value for each attribute."""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

from tlgan.errors import UserError

ARCHITECTURES = ("residual", "plain", "application")
WIDEST, DEEPEST, LARGEST = 2**16, 200, 4096  # feature maps, blocks of a stage, pixels per side


@dataclass(frozen=True)
class AttributeCnnConfig:
    """Shape of an attribute network.

    Attributes
    ----------
    resolution : int, pixels per side of the face it reads
    outputs : int, number of attributes K
    architecture : "residual" (pre-activation residual blocks, He et al. 2016, arXiv 1603.05027),
        "plain" (a stack of convolutions, Simonyan and Zisserman 2015, arXiv 1409.1556) or
        "application" (a network of `keras.applications`)
    widths : tuple of int, feature maps of each stage; each stage halves the picture
    depths : tuple of int, blocks of each stage
    dropout : float in [0, 1), before the last layer
    application : str, name in `keras.applications`, for instance "MobileNetV3Small"
    application_weights : "imagenet" or "", only for the start of a training
    """

    resolution: int
    outputs: int
    architecture: str = "residual"
    widths: tuple[int, ...] = (32, 64, 128, 256)
    depths: tuple[int, ...] = (1, 2, 2, 1)
    dropout: float = 0.3
    application: str = ""
    application_weights: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        object.__setattr__(self, "depths", tuple(self.depths))
        if self.architecture not in ARCHITECTURES:
            raise UserError(f"`architecture` must be one of {ARCHITECTURES}. Got {self.architecture!r}.")
        if len(self.widths) != len(self.depths):
            raise UserError(
                f"`depths` must have one entry per width ({len(self.widths)}). Got {len(self.depths)}."
            )
        for name, values, most in (("widths", self.widths, WIDEST), ("depths", self.depths, DEEPEST)):
            if not all(1 <= value <= most for value in values):
                raise UserError(f"`{name}` must be from 1 to {most}. Got {values}.")
        if self.resolution > LARGEST:
            raise UserError(f"`resolution` must be at most {LARGEST}. Got {self.resolution}.")
        halvings = 2 ** len(self.widths)
        if self.architecture != "application" and (self.resolution < 1 or self.resolution % halvings):
            raise UserError(
                f"`resolution` must be a multiple of {halvings}, for each of {len(self.widths)} `widths` halves "
                f"the picture. Got {self.resolution}."
            )


def build_attribute_cnn(config: AttributeCnnConfig, name: str = "attribute_cnn") -> keras.Model:
    """Build the network: images (n, R, R, 3) float32 in [-1, 1] to [logits or values (n, K), features (n, F)].

    The features are what the last layer reads: a description of the face for distances between
    images (identity, Fréchet distance).
    """
    images = keras.Input((config.resolution, config.resolution, 3), name="images")
    body = {"residual": _residual, "plain": _plain, "application": _application}[config.architecture]
    features = layers.GlobalAveragePooling2D(name="features")(body(images, config))
    dropped = layers.Dropout(config.dropout, name="dropout")(features)
    return keras.Model(
        images, [layers.Dense(config.outputs, name="attributes")(dropped), features], name=name
    )


def read_faces(network: keras.Model, images, mirror: bool = True):
    """Read images of bytes: outputs and features, each the mean over the image and its mirror image.

    A face and its mirror image have the same attributes; averaging drops what the network reads
    differently in them. Where attributes tell left from right, `mirror` is False, and the picture alone
    is read.

    Input shape: images (n, R, R, 3), 0 to 255. Output shapes: (n, K) and (n, F), float32.
    """
    faces = ops.cast(images, "float32") / 127.5 - 1.0
    if not mirror:
        return network(faces, training=False)
    plain, mirrored = network(faces, training=False), network(ops.flip(faces, axis=2), training=False)
    return [(one + other) / 2 for one, other in zip(plain, mirrored, strict=True)]


def _conv(features, width, size, name, stride=1):
    return layers.Conv2D(
        width, size, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(features)


def _normalize(features, name):
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95, name=name)(features))


def _residual(images, config):
    features = _conv(images, config.widths[0], 5, "stem", stride=2)
    for stage, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
        for block in range(depth):
            name = f"stage{stage}_block{block}"
            stride = 2 if stage > 0 and block == 0 else 1
            active = _normalize(features, f"{name}_norm0")
            shortcut = features
            if stride != 1 or features.shape[-1] != width:
                pooled = layers.AveragePooling2D(stride)(active) if stride != 1 else active
                shortcut = _conv(pooled, width, 1, f"{name}_shortcut")
            branch = _conv(active, width, 3, f"{name}_conv0", stride)
            branch = _conv(_normalize(branch, f"{name}_norm1"), width, 3, f"{name}_conv1")
            features = layers.Add()([shortcut, branch])
    return _normalize(features, "last_norm")


def _plain(images, config):
    features = images
    for stage, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
        for block in range(depth):
            name = f"stage{stage}_conv{block}"
            # The first convolution of every stage halves the picture with a 4×4 window.
            size, stride = (4, 2) if block == 0 else (3, 1)
            features = _normalize(_conv(features, width, size, name, stride), f"{name}_norm")
    return features


def _application(images, config):
    build = getattr(keras.applications, config.application, None)
    if not callable(build):
        raise UserError(
            "`application` must be a network of keras.applications, such as MobileNetV3Small. "
            f"Got {config.application!r}."
        )
    scaled = layers.Rescaling(127.5, offset=127.5, name="to_bytes")(images)
    preprocess = {"include_preprocessing": True} if "MobileNetV3" in config.application else {}
    try:
        backbone = build(
            include_top=False,
            weights=config.application_weights or None,
            input_shape=(config.resolution, config.resolution, 3),
            **preprocess,
        )
    except Exception as error:  # Keras raises ValueError for the size, plain Exception for a failed download
        reason = " ".join(str(error).split())
        raise UserError(
            f"`application` {config.application} cannot be built for {config.resolution} pixels ({reason}). "
            "Choose another resolution, or weights that are at hand."
        ) from error
    return backbone(scaled)
