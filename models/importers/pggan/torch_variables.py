"""Read a PyTorch progressive GAN in one of two public layouts, told apart by the names of its variables."""

from __future__ import annotations

import re
from pathlib import Path

from models.importers.pggan.torch_checkpoint import read_torch_file
from models.importers.pggan.torch_gan_zoo import map_gan_zoo
from models.importers.pggan.torch_interfacegan import map_interfacegan
from models.importers.pggan.variable_map import GanFile, is_network
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading


def read_torch_pggan(path: Path) -> GanFile:
    """Read the generator of a PyTorch checkpoint; the moving average where there is one.

    Layouts: facebookresearch/pytorch_GAN_zoo (torch hub's `PGAN`) and genforce/interfacegan.

    Raises
    ------
    UserError
        Where the file is damaged or in neither layout; lists variables that are missing or left over.
    """
    content = read_torch_file(path)
    with reading(path, "a PyTorch progressive GAN"):
        if not isinstance(content, dict):
            raise UserError("must hold a dict. It does not.")
        if "netG" in content or "avgG" in content:
            return map_gan_zoo(content)
        if is_network(content) and any(re.fullmatch(r"layer\d+\..*", name) for name in content):
            return map_interfacegan(content)
        if "netD" in content or any(str(name).startswith("fromRGB") for name in content):
            raise UserError("holds a discriminator only. Give a checkpoint with the generator.")
        names = ", ".join(str(name)[:40] for name in list(content)[:6])
        raise UserError(
            f"is in neither known layout (avgG/netG, or layer0.conv.weight, …). Got {names}, …; "
            "bring it in as ONNX: `torch.onnx.export(network, latents, 'net.onnx', external_data=False)` in its own "
            "project (docs/how-to/bring-a-generator.md)."
        )
