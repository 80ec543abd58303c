"""Runs every benchmark: ``make bench``."""

import tempfile
from pathlib import Path

from benchmarks import webhook

with tempfile.TemporaryDirectory(prefix="brenda-bench-") as folder:
    webhook.run(Path(folder))
