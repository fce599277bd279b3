"""What every test stands on."""

from __future__ import annotations

import signal

# A shell starts its background jobs with Ctrl-C ignored, and children inherit that: a test run in the
# background would never see the interrupts that it sends.
signal.signal(signal.SIGINT, signal.default_int_handler)
