"""The history of a training: what is written is read, in the order of the training."""

from __future__ import annotations

from pipelines.artifacts.training_history import FILE, append_history, read_history


def test_a_curve_has_the_points_where_its_figure_was_written(tmp_path):
    append_history(tmp_path, "images", 8, {"loss": 2.0})
    append_history(tmp_path, "images", 8, {"frechet": 9.5})
    append_history(tmp_path, "images", 16, {"loss": 1.0})
    history = read_history(tmp_path)
    assert history.unit == "images"
    assert history.curve("loss") == ([8.0, 16.0], [2.0, 1.0])
    assert history.curve("frechet") == ([8.0], [9.5])
    assert history.curve("recall") == ([], [])


def test_charts_leave_out_what_has_no_two_points(tmp_path):
    for steps in (1, 2):
        append_history(tmp_path, "steps", steps, {"a": steps, "b": -steps})
    append_history(tmp_path, "steps", 3, {"c": 0})
    charts = read_history(tmp_path).charts((("both", ("a", "b", "c")), ("one", ("c",))))
    assert {title: list(curves) for title, curves in charts.items()} == {"both": ["a", "b"]}


def test_a_training_that_went_back_replaces_what_came_after(tmp_path):
    for images in (8, 16, 24, 16, 24, 32):
        append_history(tmp_path, "images", images, {"loss": len(read_lines(tmp_path))})
    assert read_history(tmp_path).curve("loss") == ([8.0, 16.0, 16.0, 24.0, 32.0], [0, 1, 3, 4, 5])


def test_a_state_that_is_measured_again_after_a_kill_is_one_line(tmp_path):
    for loss in (2.0, 1.0, 1.0):
        append_history(tmp_path, "images", 8, {"loss": loss})
    assert len(read_lines(tmp_path)) == 2


def read_lines(folder):
    path = folder / FILE
    return path.read_text().splitlines() if path.is_file() else []


def test_damaged_lines_are_left_out_and_no_history_is_none(tmp_path):
    assert read_history(tmp_path) is None
    (tmp_path / FILE).write_bytes(b'{"steps": 1, "loss": 3}\n7\n{"images": 2}\n\xff\n\n{"steps": 2, "lo')
    assert read_history(tmp_path).curve("loss") == ([1.0], [3.0])
    damaged = ['{"steps": [1], "loss": 3}', '{"steps": "1"}', '{"steps": 1, "loss": null}', "[" * 5000]
    damaged.append(f'{{"steps": {"9" * 400}}}')
    (tmp_path / FILE).write_text("\n".join([*damaged, '{"steps": 2, "loss": 1}']))
    assert read_history(tmp_path).curve("loss") == ([2.0], [1.0])
    (tmp_path / FILE).write_text("{}\n")
    assert read_history(tmp_path) is None
