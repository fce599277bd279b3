"""Kinds of network that can be trained: the register that recipes and the stage `train` read.

A new kind is one module here, one in `networks/` and one in `training/`, and a line below; see
docs/adding-a-network.md.
"""

from __future__ import annotations

from models.kinds.attribute_cnn import ATTRIBUTE_CNN, AttributeCnnOptions
from models.kinds.fader import FADER, FaderOptions
from models.kinds.network_kind import NetworkKind, NetworkOptions
from models.kinds.photo_encoder import PHOTO_ENCODER, PhotoEncoderOptions
from models.kinds.progressive_gan import PROGRESSIVE_GAN, ProgressiveGanOptions
from models.kinds.shared_autoencoder import SHARED_AUTOENCODER, SharedAutoencoderOptions
from models.kinds.vae import VAE, VaeOptions

NETWORK_KINDS: tuple[NetworkKind, ...] = (
    PROGRESSIVE_GAN,
    ATTRIBUTE_CNN,
    VAE,
    PHOTO_ENCODER,
    SHARED_AUTOENCODER,
    FADER,
)
# The tagged union that msgspec checks a recipe's `[networks.NAME]` against.
AnyNetworkOptions = (
    ProgressiveGanOptions
    | AttributeCnnOptions
    | VaeOptions
    | PhotoEncoderOptions
    | SharedAutoencoderOptions
    | FaderOptions
)


def kind_of(options: NetworkOptions) -> NetworkKind:
    """The kind that these options are of."""
    (kind,) = [kind for kind in NETWORK_KINDS if isinstance(options, kind.options)]
    return kind
