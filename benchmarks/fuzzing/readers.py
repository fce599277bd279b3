"""Every reader of files that come from strangers, or that may be damaged: what it is given, and how it is called.

A reader imports what it needs when it is called: the program that starts the children stays small.
"""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.fuzzing import seeds
from benchmarks.fuzzing.seeds import FILES, PICTURES, pictures, stored
from tlgan.errors import UserError

FACE = "0" * 32  # the key of a saved face


@dataclass(frozen=True)
class FuzzedReader:
    """A reader and valid files for it.

    Attributes
    ----------
    file : str
        Path of the changed file below the folder of its own that a reader has.
    form : str
        How files are changed, a key of `benchmarks.fuzzing.mutations.CHANGES`.
    seeds : callable
        Gives valid files.
    read : callable
        Reads the file of a path; a UserError is a refusal.
    prepare : callable, optional
        Writes what has to lie beside the file into the folder.
    prints : bool
        Whether a library in C prints lines of its own about damage, which nothing can catch.
    apart : bool
        Whether the product runs this reader in a process of its own, where crashes and bounds are dealt with.
    """

    file: str
    form: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], Any]
    prepare: Callable[[Path], Any] | None = None
    prints: bool = False
    apart: bool = False


def _recipe(path: Path) -> None:
    from pipelines.recipe.load import load_recipe

    load_recipe(str(path))


def _plan(path: Path) -> None:
    from pipelines.planning.plan import make_plan
    from pipelines.recipe.load import load_recipe

    [step.fingerprint for step in make_plan(load_recipe(str(path)))]


def _settings(path: Path) -> None:
    from pipelines.recipe.load import load_recipe

    load_recipe("celeba64", (path.read_bytes().decode("utf-8", "surrogateescape"),))


def _rows(path: Path) -> None:
    import numpy as np

    from tlgan.storage.row_files import check_rows, map_rows, read_attributes, rows_done

    read_attributes(path)
    rows_done(path)
    check_rows(path)
    for name in ("latents", "images", "scores", "moved"):
        try:
            np.asarray(map_rows(path, name))
        except ValueError as error:  # most files lack some of them
            if "not a readable artefact" not in str(error):
                raise


def _labels(path: Path) -> None:
    from pipelines.stages.regress import gather_columns

    gather_columns([SimpleNamespace(output=path)], count=520)  # type: ignore[list-item]


def _fits(path: Path) -> None:
    from pipelines.artifacts.fits_file import read_fits, read_stability, without_direction

    read_fits(path)
    read_stability(path)
    without_direction(path)


def _regressor(path: Path) -> None:
    from pipelines.artifacts.regressor_file import read_regressor_file

    _call(read_regressor_file(path))


def _call(regressor: Any) -> None:
    import numpy as np

    if regressor is not None:
        regressor(np.ones((2, regressor.weights[0].shape[1])))


def _evaluation(path: Path) -> None:
    from pipelines.artifacts.evaluation_file import read_evaluation

    read_evaluation(path)


def _arrays(path: Path) -> None:
    from pipelines.artifacts.evaluation_file import read_arrays

    read_arrays(path)


def _axes(path: Path) -> None:
    from tlgan.formats.import_export import import_axes

    axes = import_axes([path], latent_space="sphere").axes
    _call(axes.regressor)


def _axes_as_they_say(path: Path) -> None:
    from tlgan.formats.import_export import import_axes

    import_axes([path])


def _plain_pickle(path: Path) -> None:
    from tlgan.storage.safe_pickle import load_plain_pickle

    load_plain_pickle(path.read_bytes())


def _gan(kind: str) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        from models.importers.pggan.read import read_gan

        read_gan(path, kind)

    return read


def _torch(path: Path) -> None:
    from models.importers.pggan.read import read_gan
    from models.importers.pggan.torch_checkpoint import read_torch_file

    read_torch_file(path)
    read_gan(path, "torch")


def _file_kind(path: Path) -> None:
    from models.importers.file_kind import file_kind

    file_kind(path)


def _onnx(path: Path) -> None:
    from models.importers.onnx_file import open_onnx

    open_onnx(path)


def _keras(path: Path) -> None:
    from models.importers.keras_file import check_keras

    check_keras(path)


def _weights(path: Path) -> None:
    from models.importers.pggan.read import gan_network
    from models.weights.weight_file import read_weights

    weights = read_weights(path)
    if weights.kind == "generator":
        gan_network(weights, path, "generator")


def _checkpoint(path: Path) -> None:
    import json

    import h5py

    from models.training.checkpoint import read_checkpoint

    with h5py.File(FILES / "classifier.checkpoint.h5") as file:
        names: dict[str, Any] = {}
        file.visititems(
            lambda name, item: names.update({name: item.shape}) if hasattr(item, "shape") else None
        )
        kind, identity = file.attrs["format"].rpartition(".")[2], json.loads(file.attrs["identity"])
    variables = {name: SimpleNamespace(shape=shape, assign=lambda _: None) for name, shape in names.items()}
    read_checkpoint(path, kind, identity, variables)


def _weights_manifest(path: Path) -> None:
    from models.importers.weights_manifest import read_manifest

    read_manifest(path)


def _sidecar(path: Path) -> None:
    from models.importers.sidecar import GeneratorSidecar, LabellerSidecar, read_sidecar
    from models.loaders.describe import is_labeller

    read_sidecar(path, LabellerSidecar if is_labeller(path) else GeneratorSidecar)


def _card(path: Path) -> None:
    from models.weights.card import check_card, read_card

    network = path.with_suffix(".h5")
    read_card(network)
    check_card(network)


def _npy(path: Path) -> None:
    from tlgan.editing.parse_changes import read_latents

    read_latents(path)


def _labels_by_hand(path: Path) -> None:
    from pipelines.sources.label_table import read_label_table

    read_label_table(path).check_rows(10)


def _folder(path: Path) -> None:
    from data.readers.folder import open_folder

    open_folder(path.parent, path)


def _celeba(path: Path) -> None:
    from data.readers.celeba_tables import read_attributes

    read_attributes(path, {"000001.jpg", "000003.jpg"})


def _celeba_numbers(path: Path) -> None:
    from data.readers.celeba_tables import read_numbers

    read_numbers(path)


def _archive(path: Path) -> None:
    from data.images.archives import open_archive
    from data.images.decode import SkippedImage, decode

    archive = open_archive(path)
    for row in archive.reading_order(range(len(archive))):
        with contextlib.suppress(OSError, SkippedImage):  # skipped and counted
            decode(archive.read(row))


def _picture(path: Path) -> None:
    from data.images.decode import SkippedImage, decode

    try:
        decode(path.read_bytes())
    except SkippedImage as error:
        raise UserError(str(error)) from error


def _photograph(path: Path) -> None:
    from data.images.photograph import decode_photograph

    decode_photograph(path.read_bytes())


def _note(path: Path) -> None:
    from pipelines.editing.edit_note import add_noted_edit, read_edit_note, start_of_note
    from tlgan.editing.edit_texts import EditTexts, edit_by_texts

    run = _run()
    note = read_edit_note(path, run)
    latent = start_of_note(path, note, run)
    edit = add_noted_edit(path, note, EditTexts())
    if edit.ask_for_an_edit:
        edit_by_texts(run.axes, latent[None], edit)


def _face(path: Path) -> None:
    from pipelines.editing.web.gallery import Gallery
    from pipelines.editing.web.request import read_face_edit

    face = Gallery(path.parent.parent).face(FACE)
    edit = read_face_edit(_run(), face["state"])
    edit.latent(_run().axes)


_opened: dict[str, Any] = {}


def _run() -> Any:
    """The kept run, opened as far as edits need it."""
    if not _opened:
        from models.weights.card import read_card
        from tlgan.formats.axis_file import read_axes

        sha256 = read_card(FILES / "artifacts/weights/toy.generator.h5")["sha256"]
        facts = {"name": "toy", "latent_dim": 8, "latent_space": "sphere", "resolution": 8, "sha256": sha256}
        axes = read_axes(FILES / "runs/toy/axes/toy.axes.h5")
        _opened["run"] = SimpleNamespace(axes=axes, generator=SimpleNamespace(**facts), **facts)
    return _opened["run"]


def _ledger(path: Path) -> None:
    from pipelines.workflow.ledger import Ledger

    ledger = Ledger("toy")
    assert ledger.path == path, ledger.path
    for entry in ledger.entries.values():
        ledger.entry(SimpleNamespace(title=entry.get("command"), former_title=""))  # type: ignore[arg-type]


def _folder_entry(path: Path) -> None:
    from pipelines.workflow.manifest import folder_entry

    folder_entry(path.parent)


def _machine_cache(path: Path) -> None:
    from pipelines.workflow.machine_cache import MachineCache

    dict(MachineCache("batch-sizes"))


def _history(path: Path) -> None:
    from pipelines.artifacts.training_history import read_history

    history = read_history(path.parent)
    if history:
        history.charts((("losses", ("loss", "validation_loss")),))


def _verify(path: Path) -> None:
    from pipelines.runs.verify import verify

    list(verify("toy"))


def _with_pictures(folder: Path) -> None:
    for name, content in zip(PICTURES, pictures("PNG", "RGB") * 3, strict=True):
        (folder / name).write_bytes(content)


def _with_weights(folder: Path) -> None:
    (folder / "toy.labeller.h5").write_bytes((FILES / "artifacts/weights/toy.labeller.h5").read_bytes())


def _with_home(folder: Path) -> None:
    import shutil

    shutil.copytree(FILES / "artifacts" / "weights", folder / "artifacts" / "weights")
    shutil.copy(FILES / "toy.toml", folder)


def _with_axes(folder: Path) -> None:
    import shutil

    shutil.copytree(FILES / "runs/toy/axes", folder / "axes", dirs_exist_ok=True)


AXES = "runs/toy/axes/"

READERS: dict[str, FuzzedReader] = {
    "recipe": FuzzedReader("a.toml", "text", seeds.recipes, _recipe),
    "plan": FuzzedReader("a.toml", "text", lambda: stored("toy.toml"), _plan, _with_home),
    "setting": FuzzedReader("a.txt", "text", seeds.settings, _settings),
    "samples": FuzzedReader("samples-0.h5", "hdf5", lambda: stored("artifacts/samples-*.h5"), _rows),
    "labels": FuzzedReader("labels-0.h5", "hdf5", lambda: stored("artifacts/labels-8*.h5"), _labels),
    "rescores": FuzzedReader("rescores-0.h5", "hdf5", lambda: stored("artifacts/rescores-*.h5"), _rows),
    "fits": FuzzedReader("fits-0.h5", "hdf5", lambda: stored("artifacts/fits-*.h5"), _fits),
    "regressor": FuzzedReader(
        "regressors-0.h5", "hdf5", lambda: stored("artifacts/regressors-*.h5"), _regressor
    ),
    "evaluation": FuzzedReader(
        "evaluation-0.json", "json", lambda: stored("artifacts/evaluation-*.json"), _evaluation
    ),
    "evaluation-arrays": FuzzedReader(
        "evaluation-0.h5", "hdf5", lambda: stored("artifacts/evaluation-*.h5"), _arrays
    ),
    "axes-h5": FuzzedReader("a.axes.h5", "hdf5", lambda: stored(AXES + "toy.axes.h5"), _axes_as_they_say),
    "axes-npz": FuzzedReader("a.npz", "zip", lambda: stored(AXES + "toy.npz"), _axes),
    "axes-safetensors": FuzzedReader(
        "a.safetensors", "safetensors", lambda: stored(AXES + "toy.safetensors"), _axes
    ),
    "axes-json": FuzzedReader("a.json", "json", lambda: stored(AXES + "toy.json"), _axes_as_they_say),
    "axes-csv": FuzzedReader("a.csv", "text", lambda: stored(AXES + "toy.csv"), _axes),
    "axes-npy": FuzzedReader("a_boundary.npy", "bytes", lambda: stored(AXES + "interfacegan/*.npy"), _axes),
    "axes-pickle": FuzzedReader("a.pkl", "bytes", lambda: stored(AXES + "toy.pkl"), _axes),
    "plain-pickle": FuzzedReader("a.pkl", "bytes", seeds.plain_pickles, _plain_pickle),
    "official-pickle": FuzzedReader("a.pkl", "bytes", seeds.official_pickles, _gan("official")),
    "torch": FuzzedReader("a.pth", "zip", seeds.torch_checkpoints, _torch),
    "torch-bytes": FuzzedReader("a.pth", "bytes", seeds.torch_checkpoints, _torch),
    "file-kind": FuzzedReader(
        "a.onnx", "bytes", lambda: [*seeds.torch_checkpoints(), *seeds.onnx_files()], _file_kind
    ),
    "onnx": FuzzedReader("a.onnx", "bytes", seeds.onnx_files, _onnx, apart=True),
    "keras": FuzzedReader("a.keras", "zip", seeds.keras_files, _keras),
    "weights": FuzzedReader(
        "a.generator.h5", "hdf5", lambda: stored("artifacts/weights/*generator.h5"), _weights
    ),
    "checkpoint": FuzzedReader("a.checkpoint.h5", "hdf5", lambda: stored("classifier.*.h5"), _checkpoint),
    "weights-manifest": FuzzedReader(
        "a-weights_manifest.json",
        "json",
        seeds.weights_manifests,
        _weights_manifest,
        lambda folder: (folder / "a.bin").write_bytes(bytes(28)),
    ),
    "sidecar": FuzzedReader("a.toml", "text", seeds.sidecars, _sidecar),
    "card": FuzzedReader(
        "toy.labeller.json", "json", lambda: stored("artifacts/weights/*labeller.json"), _card, _with_weights
    ),
    "latent-npy": FuzzedReader("a.npy", "bytes", seeds.npy_files, _npy),
    "labels-by-hand": FuzzedReader("a.csv", "text", seeds.labels_by_hand, _labels_by_hand),
    "folder-table": FuzzedReader("labels.csv", "text", seeds.tables, _folder, _with_pictures),
    "celeba-attributes": FuzzedReader(
        "list_attr_celeba.txt", "text", lambda: [seeds.celeba_table()], _celeba
    ),
    "celeba-csv": FuzzedReader("list_attr_celeba.csv", "text", lambda: [seeds.celeba_table(",")], _celeba),
    "celeba-numbers": FuzzedReader(
        "identity_CelebA.txt", "text", lambda: [seeds.celeba_numbers()], _celeba_numbers
    ),
    "celeba-gzip": FuzzedReader(
        "identity_CelebA.txt.gz",
        "bytes",
        lambda: [gzip.compress(seeds.celeba_numbers(), mtime=0)],
        _celeba_numbers,
    ),
    "zip-archive": FuzzedReader("a.zip", "zip", lambda: [seeds.picture_archive("zip")], _archive),
    "tar-archive": FuzzedReader(
        "a.tar", "bytes", lambda: [seeds.picture_archive(kind) for kind in ("tar", "pax")], _archive
    ),
    "png": FuzzedReader("a.png", "png", lambda: pictures("PNG", "RGB", "P", "LA", "1"), _picture),
    "jpeg": FuzzedReader(
        "a.jpg",
        "bytes",
        lambda: [*pictures("JPEG", "RGB", "L", "CMYK"), *pictures("JPEG", "RGB", progressive=True)],
        _picture,
    ),
    "gif": FuzzedReader(
        "a.gif", "bytes", lambda: [*pictures("GIF", "P", "L"), *stored("walk.gif")], _picture
    ),
    "webp": FuzzedReader(
        "a.webp",
        "bytes",
        lambda: [*pictures("WEBP", "RGB", "RGBA"), *pictures("WEBP", "RGB", lossless=True)],
        _picture,
    ),
    "tiff": FuzzedReader(
        "a.tif",
        "bytes",
        lambda: [
            *pictures("TIFF", "RGB", "L"),
            *pictures("TIFF", "RGB", "L", compression="tiff_lzw"),
            *pictures("TIFF", "RGB", compression="jpeg"),
        ],
        _picture,
        prints=True,
    ),
    "other-pictures": FuzzedReader(
        "a.bmp",
        "bytes",
        lambda: [
            *pictures("BMP", "RGB", "P"),
            *pictures("PPM", "RGB"),
            *pictures("TGA", "RGB"),
            *pictures("JPEG2000", "RGB"),
        ],
        _picture,
    ),
    "photograph": FuzzedReader(
        "a.jpg",
        "bytes",
        lambda: [
            *pictures("JPEG", "RGB"),
            *pictures("PNG", "RGBA"),
            *pictures("TIFF", "RGB"),
            *pictures("BMP", "RGB"),
        ],
        _photograph,
        prints=True,
    ),
    "note-png": FuzzedReader("a.png", "png", lambda: stored("edit.png"), _note),
    "note-gif": FuzzedReader("a.gif", "bytes", lambda: _noted_gif(), _note),
    "face": FuzzedReader(
        f"gallery/{FACE}/face.json", "json", lambda: stored("runs/toy/gallery/*/face.json"), _face
    ),
    "ledger": FuzzedReader("runs/toy/steps.json", "json", lambda: stored("runs/toy/steps.json"), _ledger),
    "verify": FuzzedReader(
        "runs/toy/steps.json", "json", lambda: stored("runs/toy/steps.json"), _verify, _with_home
    ),
    "manifest": FuzzedReader(
        "axes/_manifest.json", "json", lambda: stored(AXES + "_manifest.json"), _folder_entry, _with_axes
    ),
    "machine-cache": FuzzedReader(
        "artifacts/batch-sizes.json", "json", lambda: stored("artifacts/batch-sizes.json"), _machine_cache
    ),
    "history": FuzzedReader("history.jsonl", "text", lambda: stored("runs/toy/regressor/*.jsonl"), _history),
}


def _noted_gif() -> list[bytes]:
    """A GIF file with the note of one edited face."""
    import io

    from PIL import Image

    picture = Image.open(FILES / "edit.png")
    stream = io.BytesIO()
    picture.convert("P").save(stream, "GIF", comment=picture.info["tlgan"].encode())
    return [stream.getvalue()]
