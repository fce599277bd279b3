"""How many values a file may declare."""

from __future__ import annotations

import pytest

from tlgan.errors import UserError
from tlgan.limits.value_count import FREE_VALUES, check_value_count, count_values, most_values


def test_small_files_have_a_fixed_share_and_large_ones_half_a_value_per_byte():
    assert most_values(0) == most_values(1000) == FREE_VALUES
    assert most_values(10**9) == 5 * 10**8
    # Half-precision numbers, the smallest that axes come in, always fit; so does any limit of 5 MB into memory.
    assert most_values(5_000_000) * 2 >= 5_000_000
    assert most_values(5_000_000) * 8 < 2**25


def test_texts_count_by_their_bytes():
    assert [count_values(n_bytes) for n_bytes in (0, 1, 8, 9)] == [0, 1, 1, 2]


def test_check_value_count_refuses_what_no_file_of_the_size_holds():
    check_value_count(FREE_VALUES, 10)
    with pytest.raises(UserError, match=r"at most 1048576 values in a file of 10 bytes\. Got 1048577 in x"):
        check_value_count(FREE_VALUES + 1, 10, "x")
    with pytest.raises(UserError, match="Got over 10¹⁸"):
        check_value_count(10**5000, 10)
