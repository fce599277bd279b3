"""What holds for the whole repository: who imports whom, sizes of modules, and what must never be committed."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A folder of somebody's machine, as an absolute path.
MACHINE = re.compile(rb"(?<![\w.~:/\-])/(?:home|root|Users|mnt|media|srv|scratch|work|workspace)/[\w.]")
TABLE_ROW = re.compile(rb"^\d{6}\.(?:jpg|png)[ ,]+-?1\b", re.MULTILINE)
PACKAGES = ("tlgan/", "models/", "data/", "pipelines/")
MOST_LINES, MOST_MODULES = 300, 12  # of a module; in a folder
PHOTOGRAPH = b"\xff\xd8\xff"
PICTURES = {".png", ".gif", ".webp", ".bmp", ".tif", ".tiff"}
TABLES = {".csv", ".parquet", ".mat", ".npy", ".npz", ".pkl"}
OLD_FILES = ("tests/files_of_0_1/", "tests/files_of_0_3/")  # pictures of random networks, 8×8 pixels
DATA = {".jpg", ".jpeg", ".tar", ".gz", ".zip", ".tfrecord"} | TABLES


@pytest.fixture(scope="module")
def committed() -> dict[str, bytes]:
    """Every file that git would deliver, by name."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    names = [name for name in listing.decode().split("\0") if name and (ROOT / name).is_file()]
    assert len(names) > 100
    return {name: (ROOT / name).read_bytes() for name in names}


def test_imports_go_one_way():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "setup.cfg"), no_cache=True) == 0


def test_modules_are_short_and_folders_small(committed):
    modules = [name for name in committed if name.startswith(PACKAGES) and name.endswith(".py")]
    lines = {name: committed[name].count(b"\n") for name in modules}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
    folders = Counter(str(Path(name).parent) for name in modules if not name.endswith("/__init__.py"))
    assert {folder: count for folder, count in folders.items() if count > MOST_MODULES} == {}
    assert all(f"{folder}/__init__.py" in committed for folder in folders)


def test_each_test_module_stands_where_its_module_does(committed):
    """`tests/a/test_b.py` tests `a/b.py`; one aspect of it may stand in `tests/a/test_b_aspect.py`."""
    for name in committed:
        folder, file = Path(name).parent, Path(name).name
        if not file.startswith("test_") or str(folder) == "tests" or file == "test_docstrings.py":
            continue
        words = file.removeprefix("test_").removesuffix(".py").split("_")
        tested = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
        modules = [str(folder.relative_to("tests") / f"{word}.py") for word in tested]
        if file == "test_package.py":  # what a package exports
            modules = [str(folder.relative_to("tests") / "__init__.py")]
        assert any(module in committed for module in modules), f"{name}: must be named after one of {modules}"


def test_no_file_names_a_folder_of_this_machine(committed):
    own = str(ROOT).encode()
    assert own != b"/"
    for name, content in committed.items():
        assert own not in content, name
        found = MACHINE.search(content)
        assert found is None, f"{name}: {content[found.start() : found.start() + 60]!r}"


def test_no_photograph_is_committed(committed):
    for name, content in committed.items():
        assert not content.startswith(PHOTOGRAPH), name
        assert Path(name).suffix.lower() not in DATA or name.startswith(OLD_FILES), name
        assert b"data:image/jpeg" not in content or Path(name).suffix == ".py", name


def test_pictures_stand_in_the_docs_alone(committed):
    pictures = [name for name in committed if Path(name).suffix.lower() in PICTURES]
    assert all(name.startswith(("docs/", *OLD_FILES)) for name in pictures), pictures


def test_no_table_of_labels_is_committed(committed):
    for name, content in committed.items():
        assert len(TABLE_ROW.findall(content)) < 3, name


def test_no_rows_of_images_or_labels_are_committed(committed):
    """Weights, and states of trainings, are the only HDF5 files, and hold nothing but numbers of networks."""
    h5py = pytest.importorskip("h5py")
    for name in committed:
        if Path(name).suffix.lower() in {".h5", ".hdf5"} and not name.startswith(OLD_FILES):
            assert name.startswith("models/pretrained/"), name
            with h5py.File(ROOT / name) as file:
                if name.endswith(".checkpoint.h5"):
                    assert file.attrs["format"].startswith("tlgan.checkpoint."), name
                    continue
                assert file.attrs["format"] == "tlgan.weights", name
                assert set(file) == {"variables"}, name


def test_the_committed_networks_are_small_and_have_their_cards(committed):
    files = {
        name: content
        for name, content in committed.items()
        if name.endswith(".h5") and not name.startswith(OLD_FILES)
    }
    states = {name for name in files if name.endswith(".checkpoint.h5")}
    weights = files.keys() - states
    assert sum(len(files[name]) for name in weights) < 60e6
    for name in states:
        assert len(files[name]) < 40e6
        assert str(Path(name).with_suffix(".md")) in committed, name
    for name in weights:
        if ".discriminator." not in name:
            for suffix in (".md", ".json"):
                assert str(Path(name).with_suffix(suffix)) in committed, name


def test_patterns_find_what_they_look_for():
    # Slashes are written as bars, so that this file passes its own test.
    for path in (b"see |home|someone|x", b"'|root|.cache'", b"(|mnt|data)", b"\n|work|x", b"=|Users|me"):
        assert MACHINE.search(path.replace(b"|", b"/")), path
    for path in (b"https:||host|home|x", b"~|home|x", b".|work|x", b"a|root|b", b"make|work|", b"|homely|x"):
        assert not MACHINE.search(path.replace(b"|", b"/")), path
    assert TABLE_ROW.search(b"000001.jpg -1  1 -1\n")
    assert TABLE_ROW.search(b"x\n000001.jpg,1,-1\n")
    assert not TABLE_ROW.search(b"see 000001.jpg 1\n")


def test_the_cards_of_committed_networks_hold_their_hashes(committed):
    for name, content in committed.items():
        if name.startswith("models/pretrained/") and name.endswith(".h5"):
            sha256 = hashlib.sha256(content).hexdigest()
            card = json.loads(committed[str(Path(name).with_suffix(".json"))])
            assert card["sha256"] == sha256, name
            assert sha256 in committed[str(Path(name).with_suffix(".md"))].decode(), name
