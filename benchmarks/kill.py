"""Stages that are killed at random moments, resumed, and compared bit for bit with stages that were left alone.

    python -m benchmarks.kill [--seed 0] [--count 100] [--stage sample fit …]       # a few seconds a kill

Runs a small recipe (portraits with known axes, a network of each kind trained on them) once, stage by stage. Then each
round copies the files from before a stage, starts the stage in a process of its own, kills that with SIGKILL up to
three times, and lets it finish. Stages get about the same time, so that quick ones are killed more often. Prints a
line for each stage, and each difference; exit status 1 where there is one.

Compared are all files but the times in them. A file that only the killed runs have was left behind; rows that were
counted once and not later were lost; a stage that does not end in two minutes or more is stuck. Ctrl-C ends with the
table so far.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import print_columns

TRAIN = "train-"  # and the name of a network of the recipe
NETWORKS = ("labeller", "vae", "encoder", "fader", "decoders", "gan")
STAGES = (
    "prepare",
    *(TRAIN + name for name in NETWORKS),
    *("sample", "label", "fit", "regress", "orthogonalize", "export", "rescore", "evaluate", "report"),
)
SETTINGS = (
    "known_axes.resolution=8",
    "known_axes.latent_dim=20",
    "data.resolution=8",
    "data.count=200",
    "networks.labeller.widths=[8]",
    "networks.labeller.depths=[1]",
    "networks.labeller.epochs=2",
    "networks.vae={kind='vae', weights='small', latent_dim=5, encoder_maps=[6], decoder_maps=[6], batch=16, "
    "steps=8, decay_steps=2, warmup_steps=2}",
    "networks.encoder={kind='photo-encoder', weights='small-photos', generator='small', features='', widths=[8], "
    "batch=8, steps=8}",
    "networks.fader={kind='fader', attributes=['Smiling'], widths=[6], batch=16, steps=8, secrecy_steps=4}",
    "networks.decoders={kind='shared-autoencoder', domain='Light', widths=[6], code=6, decoder_widths=[6], "
    "batch=16, steps=8}",
    "networks.gan={kind='progressive-gan', latent_dim=4, maps=[6, 6], schedule=[{resolution=4, fade_images=0, "
    "stable_images=16, batch=8}, {resolution=8, fade_images=16, stable_images=16, batch=8}]}",
    "label.labellers=['known-axes-factors']",
    "evaluate.judge='known-axes-factors'",
    "evaluate.count=32",
    "evaluate.edits=['raw', 'orthogonalized']",
    "evaluate.steps=[-1, 1]",
    "sample.count=3000",
    "regress.widths=[8]",
    "regress.epochs=4",
    "report.strips=2",
    "report.faces=2",
    "report.steps=3",
)
TIMES = {"created_utc", "finished_utc", "seconds", "seconds_of_last_run", "command", "checksum", "hardware"}
STUCK = 120.0  # seconds, or thirty times what the stage took where that is longer
MOST_KILLS = 3  # of one round
WIDTHS = (16, 7, 8, 11, 7, 7)


def run_stage(stage: str) -> None:
    """Run one stage; those before it are there."""
    from pipelines.planning.plan import make_plan, plan_networks
    from pipelines.planning.run import run
    from pipelines.recipe.load import load_recipe
    from pipelines.stages.training_loop import TrainingLimits

    recipe = load_recipe("known-axes", SETTINGS)
    if stage == "prepare" or stage.startswith(TRAIN):
        often = TrainingLimits(checkpoint_seconds=-1.0)  # after every step
        run(recipe, plan_networks(recipe, [] if stage == "prepare" else [stage.removeprefix(TRAIN)], often))
    else:
        run(recipe, make_plan(recipe).until(stage))


def start(stage: str, home: Path) -> tuple[multiprocessing.Process, float]:
    """Start a stage in a process of its own; gives it and the time when its work began."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(stage, str(home), there))
    process.start()
    there.close()
    here.recv()
    return process, time.monotonic()


def _work(stage: str, home: str, ready: Any) -> None:
    os.environ["TLGAN_HOME"] = home
    log = os.open(Path(home).with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    ready.send(None)
    ready.close()
    run_stage(stage)


def prepare_homes(folder: Path, wanted: Sequence[str]) -> dict[str, float]:
    """Run every stage that the wanted ones need once, with copies of the files before and after; seconds by stage."""
    home, seconds = folder / "whole", {}
    home.mkdir()
    sample = STAGES.index("sample")
    first = 0 if set(STAGES[:sample]) & set(wanted) else sample
    for stage in STAGES[first : max(map(STAGES.index, wanted)) + 1]:
        shutil.copytree(home, folder / f"before-{stage}")
        process, began = start(stage, home)
        process.join()
        seconds[stage] = time.monotonic() - began
        if process.exitcode:
            raise RuntimeError(f"{stage} failed:\n{home.with_suffix('.log').read_text(encoding='utf-8')}")
        shutil.copytree(home, folder / f"after-{stage}")
    return seconds


def kill_and_resume(stage: str, seconds: float, kills: int, folder: Path, random: Any) -> Counter[str]:
    """One round: a stage killed so many times, then left to finish, and compared; counts of what happened."""
    home, tally = folder / "killed", Counter(rounds=1)
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(folder / f"before-{stage}", home)
    rows: Counter[str] = Counter()
    for _ in range(kills):
        process, _ = start(stage, home)
        process.join(random.uniform(0, 1.1 * seconds))
        tally["kills"] += process.is_alive()
        process.kill()
        process.join()
        found = rows_in(home)
        tally["lost"] += sum(found[name] < count for name, count in rows.items())
        rows |= found
    process, _ = start(stage, home)
    process.join(max(STUCK, 30 * seconds))
    if process.is_alive():
        tally["stuck"] += 1
        process.kill()
        process.join()
        return tally
    for difference in differences(folder / f"after-{stage}", home):
        print(f"  {stage}, {kills} kills: {difference}", flush=True)
        tally["different"] += 1
    return tally


def rows_in(home: Path) -> Counter[str]:
    """Rows done in every row file, finished or not."""
    from tlgan.storage.row_files import rows_done

    found: Counter[str] = Counter()
    for path in (home / "artifacts").glob("*-*.h5*"):
        if path.name.startswith(("faces", "samples", "labels", "rescores")) and not path.name.endswith(
            ".new"
        ):
            name = path.name.removesuffix(".partial")
            found[name] = max(found[name], rows_done(path))
    return found


def differences(wanted: Path, found: Path) -> list[str]:
    """What two homes do not have in common, beside times."""
    names = [
        {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
        for home in (wanted, found)
    ]
    words = [f"{name} is missing" for name in sorted(names[0] - names[1])]
    words += [f"{name} was left behind" for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        contents = content_of(wanted / name), content_of(found / name)
        if contents[0] != contents[1]:
            words.append(f"{name} differs{_where(*contents)}")
    return words


def _where(wanted: Any, found: Any) -> str:
    """Which parts of two contents differ, where they have names."""
    if not (isinstance(wanted, dict) and isinstance(found, dict)):
        return ""
    names = [str(key) for key in {**wanted, **found} if wanted.get(key) != found.get(key)]
    return f" in {', '.join(names[:5])}"


def content_of(path: Path) -> Any:
    """All that a file says, but for times."""
    if path.suffix == ".h5":
        return _hdf5_content(path)
    content = path.read_bytes()
    if path.suffix == ".json":
        return _without_times(json.loads(content), path.name)
    if path.suffix == ".jsonl":  # states are measured by the clock, and at the end
        return [line for line in content.splitlines() if b'"loss"' not in line][-1:]
    if path.suffix == ".html":
        return re.sub(rb'aria-label="Stages that ran">.*?</table>', b"", content, flags=re.DOTALL)
    if path.suffix == ".md":
        return [line for line in content.splitlines() if b"training time" not in line]
    return content


def _hdf5_content(path: Path) -> dict[str, Any]:
    import h5py

    content: dict[str, Any] = {}

    def add(name: str, item: Any) -> None:
        content[name] = {key: str(value) for key, value in item.attrs.items() if key not in TIMES}
        if isinstance(item, h5py.Dataset):
            content[name] |= {"type": str(item.dtype), "shape": item.shape, "numbers": item[...].tobytes()}

    with h5py.File(path, "r") as file:
        add("", file)
        file.visititems(add)
    return content


def _without_times(content: Any, name: str) -> Any:
    if isinstance(content, dict):
        # The page has times, so its hash differs; the ledger notes where its own folder lies.
        left_out = TIMES | {"../report.html"} | ({"folder"} if name == "steps.json" else set())
        return {key: _without_times(value, name) for key, value in content.items() if key not in left_out}
    return content


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where anything was lost, left behind, different or stuck."""
    parser = command_parser("kill", __doc__)
    parser.add_argument("--seed", type=int, default=0, help="of stages and moments")
    parser.add_argument("--count", type=int, default=100, help="kills")
    parser.add_argument("--stage", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--folder", default=None, help="for the files")
    options = parser.parse_args(arguments)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras  # noqa: F401 (once for all processes; nothing is computed in this one)

    random = np.random.default_rng(options.seed)
    tallies: dict[str, Counter[str]] = {stage: Counter() for stage in options.stage}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        seconds = prepare_homes(Path(folder), options.stage)
        with contextlib.suppress(KeyboardInterrupt):
            while (left := options.count - sum(tally["kills"] for tally in tallies.values())) > 0:
                stage = min(tallies, key=lambda stage: tallies[stage]["kills"] * seconds[stage])
                kills = min(left, int(random.integers(1, MOST_KILLS + 1)))
                tallies[stage] += kill_and_resume(stage, seconds[stage], kills, Path(folder), random)
    print_columns(("stage", "kills", "rounds", "different", "lost", "stuck"), WIDTHS)
    total = sum(tallies.values(), Counter())
    for stage, tally in [*tallies.items(), ("all", total)]:
        counts = [str(tally[key]) for key in ("kills", "rounds", "different", "lost", "stuck")]
        print_columns((stage, *counts), WIDTHS)
    return int(any(total[key] for key in ("different", "lost", "stuck")))


if __name__ == "__main__":
    sys.exit(main())
