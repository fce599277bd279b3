from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.processes import in_own_process, process_memory


def test_in_own_process_has_another_process_number():
    assert in_own_process(os.getpid) != os.getpid()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_process_memory_is_below_its_peak():
    assert 1 < process_memory("RssAnon") < process_memory("VmHWM")
