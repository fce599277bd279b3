"""Labels by hand: tables read and refused, and side by side with a network in a whole run."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from pipelines.artifacts.fits_file import read_fits
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.sources.label_table import read_label_table
from pipelines.sources.labellers import judge_source
from pipelines.workflow.freshness import FRESH, check_freshness
from pipelines.workflow.ledger import Ledger
from tlgan.errors import UserError
from tlgan.formats.axis_file import read_axes
from tlgan.storage.row_files import map_rows

LABELLED = 400


def table_of(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_with_its_kinds_and_gaps(tmp_path, separator):
    lines = ["row,attribute,value", "2,Beard,1", "0,Beard,0", "1,Beard,", "", "1, Age:continuous:years ,0"]
    table = read_label_table(table_of(tmp_path, "\ufeff" + "\r\n".join(lines).replace(",", separator)))
    assert (table.name, table.names) == ("mine", ("Beard", "Age"))
    assert (table.kinds, table.units) == (("binary", "continuous"), ("logit", "years"))
    nan = np.nan
    np.testing.assert_array_equal(
        table.score_rows(None, np.zeros((4, 8)), 0), [[0, nan], [nan, 0], [1, nan], [nan, nan]]
    )
    np.testing.assert_array_equal(table.score_rows(None, np.zeros((2, 3)), 2), [[1, nan], [nan, nan]])


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("row;attribute;value\n0;Age;20,5\n1;Age;31\n", [20.5, 31]),
        ("sep=;\r\nrow;attribute;value\r\n0;Age;20,5\r\n1;Age;31\r\n", [20.5, 31]),
        ('"row","attribute","value"\n0,"Age","20,5"\n1,"Age",31\n', [20.5, 31]),
        ('"","row","attribute","value"\n"1",0,"Age",20.5\n"2",1,"Age",31\n', [20.5, 31]),
        ('"row" "attribute" "value"\n"1" 0 "Age" 20.5\n"2" 1 "Age" 31\n', [20.5, 31]),
        ("row attribute value\n0 Age 20.5\n1   Age  31\n", [20.5, 31]),
    ],
)
def test_tables_of_excel_and_r_are_read(tmp_path, text, ages):
    table = read_label_table(table_of(tmp_path, text))
    assert (table.names, table.kinds) == (("Age",), ("continuous",))
    np.testing.assert_allclose(table.score_rows(None, np.zeros((2, 8)), 0)[:, 0], ages)


@pytest.mark.parametrize(
    "rows", [("000000.png", "000001.png"), ("faces/0.PNG", "faces\\1.PNG"), ("0.0", "1.0")]
)
def test_rows_may_be_named_by_their_pictures(tmp_path, rows):
    table = read_label_table(
        table_of(tmp_path, f"row,attribute,value\n{rows[1]},Beard,yes\n{rows[0]},Beard,no\n")
    )
    np.testing.assert_array_equal(table.score_rows(None, np.zeros((2, 8)), 0)[:, 0], [0, 1])
    assert table.kinds == ("binary",)


def test_attributes_are_composed(tmp_path):
    """An editor on macOS may write a name decomposed in one line and composed in the next."""
    table = read_label_table(table_of(tmp_path, "row,attribute,value\n0,Ba\u0308rtig,1\n1,B\u00e4rtig,0\n"))
    assert table.names == ("B\u00e4rtig",)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("-1", "0", "1"), "Beard is -1, 0 and 1: taken as continuous"),
        (("1", "1", "1"), "Beard is 1 wherever it is known: nothing can be learned from that"),
        (("0", "1", "1"), ""),
    ],
)
def test_what_is_assumed_of_an_attribute_is_noted(tmp_path, values, words):
    lines = [f"{row},Beard,{value}\n" for row, value in enumerate(values)]
    notes = read_label_table(table_of(tmp_path, "row,attribute,value\n" + "".join(lines))).notes
    assert len(notes) == bool(words)
    assert words in "".join(notes)


@pytest.mark.parametrize(
    ("values", "kind", "numbers"),
    [
        (("1", "0"), "binary", [1, 0]),
        (("1", "-1"), "binary", [1, 0]),
        (("1", "?"), "binary", [1, np.nan]),
        (("0.5", "NA"), "continuous", [0.5, np.nan]),
        (("3", "1e2"), "continuous", [3, 100]),
    ],
)
def test_kinds_follow_from_the_values(tmp_path, values, kind, numbers):
    lines = [f"{row},Beard,{value}\n" for row, value in enumerate(values)]
    table = read_label_table(table_of(tmp_path, "row,attribute,value\n" + "".join(lines)))
    assert table.kinds == (kind,)
    np.testing.assert_allclose(table.score_rows(None, np.zeros((2, 8)), 0)[:, 0], numbers)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "must hold labels below its heading"),
        ("x,Beard,1", r"line 2: `row` must be a whole number from 0 on\. Got 'x'"),
        ("-1,Beard,1", r"line 2: `row` must be"),
        ("1.5,Beard,1", r"line 2: `row` must be"),
        (",Beard,1", r"line 2: `row` must be"),
        ("0,,1", "line 2: `attribute` must be a name"),
        ("0,a/b,1", "line 2: `attribute` must be a name"),
        ("0,Beard,1\n1,Beard:binary,1", "line 3: Beard must be headed alike"),
        ("0,Beard:colour,1", "must name a kind"),
        ("0,Beard", "line 2 must have 3 cells"),
        ("0,Beard,1,5", "line 2 must have 3 cells"),
        ("0,Beard,1\n7,Beard,0\n0,Beard,0", "line 4 repeats row 0 of line 2"),
        ("0,Beard,1\n00,Beard,", "line 3 repeats row 0 of line 2"),
        ("0,Beard,1\n1,Beard,perhaps", r"line 3: `Beard` must be a finite number .* Got 'perhaps'"),
        ("0,Beard,\n1,Beard,perhaps", "line 3: `value` of Beard must be a number.* Got 'perhaps'"),
        ("0,Beard,inf\n1,Beard,2", "line 2: `Beard` must be a finite number"),
        ("0,Beard:binary,0.5", "is headed binary"),
        ("0,Beard,\n1,Beard,?", "Beard has no value yet"),
        ('0,"Beard,1', "must be a readable UTF-8 CSV"),
        (
            '0,Age,"1,234"\n1,Age,"2,345"',
            "line 2: `Age` must have numbers such as 20.5.*'1,234', whose comma",
        ),
        ("0,Age,20 %", "line 2: `Age` must have numbers such as 20.5.*Got '20 %'"),
    ],
)
def test_invalid_tables_are_a_one_line_error(tmp_path, lines, message):
    path = table_of(tmp_path, f"row,attribute,value\n{lines}\n")
    with pytest.raises(UserError, match=message) as error:
        read_label_table(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "row,value\n0,1\n", "file,Beard,Hat\na.png,1,0\n", "\x00"])
def test_other_headings_are_refused(tmp_path, text):
    with pytest.raises(UserError, match=r"line 1 must be row,attribute,value|readable UTF-8"):
        read_label_table(table_of(tmp_path, text))


def test_other_encodings_are_refused(tmp_path):
    path = table_of(tmp_path, "row,attribute,value\n0,Bärtig,1\n", "latin-1")
    with pytest.raises(UserError, match="readable UTF-8 CSV"):
        read_label_table(path)


def test_rows_beyond_the_sample_are_refused_with_their_line(tmp_path):
    table = read_label_table(table_of(tmp_path, "row,attribute,value\n3,A,1\n9,A,0\n8,A,1\n"))
    table.check_rows(10)
    with pytest.raises(UserError, match=r"mine\.csv: line 3: .* 0 to 8\. Got 9"):
        table.check_rows(9)


@pytest.fixture
def labelled_by_hand(finished, tmp_path, toy_weights):
    """The finished toy recipe and a table that marks the first pictures as bright or not."""
    sample = make_plan(load_recipe(str(finished))).sample
    brightness = np.asarray(map_rows(sample.output, "images", LABELLED)).mean(axis=(1, 2, 3))
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "attribute", "value"))
        for row, value in enumerate(brightness):
            writer.writerow((row, "Bright", int(value > np.median(brightness))))
            writer.writerow((row, "Brightness", f"{value:.3f}"))
    return path, f"label.labellers=['{toy_weights}/toy.labeller.h5', '{path}']"


def stale(recipe):
    ledger = Ledger("toy")
    return [step.title for step in make_plan(recipe) if check_freshness(step, ledger).name != FRESH]


@pytest.mark.network
def test_a_table_beside_a_network_is_fitted_alone(finished, home, command, labelled_by_hand):
    path, both = labelled_by_hand
    later = ["orthogonalize", "export", "report"]
    recipe = load_recipe(str(finished), (both,))
    assert stale(recipe) == ["label mine", "fit mine", *later]
    status, out, err = command("run", finished, "-s", both)
    assert status == 0, err
    assert "✓ fit toy.labeller: fresh" in out
    fit = make_plan(recipe).fits[-1]
    fits, units = read_fits(fit.output)
    assert (fits.names, fits.families) == (("Bright", "Brightness"), ("binomial", "huber"))
    assert (units, fits.kinds) == (("logit", ""), ("binary", "continuous"))
    assert max(fits.n_samples) < LABELLED
    assert fits.held_out[0] > 0.85
    assert fits.directions[0] @ fits.directions[1] > 0.9
    axes = read_axes(home / "runs/toy/axes/toy.axes.h5")
    assert axes.names == ("Male", "Young", "Smiling", "Bald", "Bright", "Brightness")
    page = (home / "runs/toy/report.html").read_text(encoding="utf-8")
    assert "Brightness" in page
    path.write_text(
        path.read_text().replace("\n5,Bright,0", "\n5,Bright,").replace("\n5,Bright,1", "\n5,Bright,")
    )
    assert stale(recipe) == ["label mine", "fit mine", *later]


@pytest.mark.network
def test_an_attribute_of_one_value_is_named_with_the_reason(finished, home, command, tmp_path, toy_weights):
    lines = [f"{row},Same,1\n{row},Odd,{row % 2}\n" for row in range(200)]
    path = table_of(tmp_path, "row,attribute,value\n" + "".join(lines))
    both = f"label.labellers=['{toy_weights}/toy.labeller.h5', '{path}']"
    status, out, err = command("run", finished, "-s", both)
    assert status == 0, err
    assert "Same is 1 wherever it is known" in out  # when it is read
    assert "no axis for Same: constant response" in out
    assert read_axes(home / "runs/toy/axes/toy.axes.h5").names == ("Male", "Young", "Smiling", "Bald", "Odd")
    page = (home / "runs/toy/report.html").read_text(encoding="utf-8")
    assert "No axis: Same (constant response" in page


@pytest.mark.network
def test_attributes_without_an_axis_are_named_where_no_other_is_left(finished, command, tmp_path):
    path = table_of(tmp_path, "row,attribute,value\n" + "".join(f"{row},Same,1\n" for row in range(200)))
    status, _, err = command("orthogonalize", finished, "-s", f"label.labellers=['{path}']")
    assert status == 1
    assert "must have an attribute with a direction. Got none: Same (constant response" in err


@pytest.mark.network
def test_any_family_fits_labels_of_0_and_1(finished, command, labelled_by_hand):
    _, both = labelled_by_hand
    recipe = load_recipe(str(finished), (both, "fit.family=binomial"))
    assert command("fit", finished, "-s", both, "-s", "fit.family=binomial")[0] == 0
    fit = make_plan(recipe).fits[-1]
    fits, _ = read_fits(fit.output)
    assert fits.families == ("binomial", "gaussian")
    assert 0.3 < fits.base_rates[0] < 0.7


@pytest.mark.network
def test_row_that_was_not_sampled_is_a_one_line_error(finished, tmp_path, command):
    path = table_of(tmp_path, "row,attribute,value\n0,A,1\n600,A,0\n")
    status, _, err = command("label", finished, "-s", f"label.labellers=['{path}']")
    assert (status, err.count("\n")) == (1, 1)
    assert f"{path}: line 3" in err
    assert command("label", finished, "-s", f"label.labellers=['{path}x.csv']")[0] == 1


def test_a_table_in_the_home_folder_is_found(toy_recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    table_of(tmp_path, "row,attribute,value\n0,A,1\n1,A,0\n")
    (source,) = make_plan(load_recipe(str(toy_recipe), ("label.labellers=['~/mine.csv']",))).labellers
    assert source.open().names == ("A",)


def test_a_web_page_is_no_table(tmp_path):
    with pytest.raises(UserError, match=r"must be a table of labels\. It is a web page"):
        read_label_table(table_of(tmp_path, "<!doctype html><title>Sign in</title>"))


def test_table_as_judge_is_refused(toy_recipe, tmp_path):
    path = table_of(tmp_path, "row,attribute,value\n0,A,1\n")
    with pytest.raises(UserError, match="cannot judge edits"):
        judge_source(load_recipe(str(toy_recipe), (f"evaluate.judge='{path}'",)))
