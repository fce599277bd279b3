"""How many numbers a file may unfold to."""

from __future__ import annotations

from tlgan.errors import UserError

# So many values are read from any file: 8 MiB of float64.
FREE_VALUES = 2**20


def most_values(file_bytes: int) -> int:
    """Values that the arrays of a file may have together: one for each two bytes, or `FREE_VALUES` in any case.

    Files that hold what they declare have at least two bytes for each value, compressed or not; files that
    were made to fill the memory have a value for each hundredth of a byte.
    """
    return max(FREE_VALUES, file_bytes // 2)


def count_values(n_bytes: int) -> int:
    """Values that an array or text of so many bytes counts as: one for each eight bytes."""
    return -(-n_bytes // 8)


def check_value_count(count: int, file_bytes: int, what: str = "its arrays") -> None:
    """Refuse a file that declares more values than it can hold; call it before any are read.

    Parameters
    ----------
    count : int
        Values in all arrays; of texts, as `count_values`.
    file_bytes : int
        Size of the file.
    what : str
        For the message.

    Raises
    ------
    UserError

    Examples
    --------
    >>> from tlgan.limits.value_count import check_value_count
    >>> check_value_count(40 * 512, file_bytes=170_000)
    """
    most = most_values(file_bytes)
    if count > most:
        raise UserError(
            f"may declare at most {most} values in a file of {file_bytes} bytes. Got {_shown(count)} in {what}; "
            "ask its maker for a file that holds its own numbers."
        )


def _shown(count: int) -> str:
    """A number in a message: Python writes no integer of thousands of digits."""
    return str(count) if count < 10**18 else "over 10¹⁸"
