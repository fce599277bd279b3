from __future__ import annotations

from benchmarks.tables import markdown_table, print_columns, share_text


def test_markdown_table_aligns_numbers_right():
    table = markdown_table(["axis", "angle"], [["Age", "3.2°"], ["Male", "1.5°"]])
    assert table == "| axis | angle |\n|---|---:|\n| Age | 3.2° |\n| Male | 1.5° |"


def test_markdown_table_leaves_words_unaligned():
    assert markdown_table(["what", "figure"], [], numbers=False) == "| what | figure |\n|---|---|"


def test_print_columns_pads_cells_and_lets_the_last_be_missing(capsys):
    print_columns(("fit", "1.5"), (5, 6, 7))
    assert capsys.readouterr().out == "fit     1.5\n"


def test_share_text_has_the_interval_and_the_count():
    assert share_text([True] * 15 + [False] * 5) == "75% (53–89%) of 20"
    assert share_text([]) == "–"
