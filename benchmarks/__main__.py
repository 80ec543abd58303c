"""Runs the benchmarks: ``make bench``, or ``python -m benchmarks webhook catalogue quality``."""

import sys
import tempfile
from pathlib import Path

from benchmarks import catalogue, search_quality, webhook

BENCHMARKS = {"webhook": webhook.run, "quality": search_quality.run, "catalogue": catalogue.run}

for name in sys.argv[1:] or BENCHMARKS:
    with tempfile.TemporaryDirectory(prefix="brenda-bench-") as folder:
        BENCHMARKS[name](Path(folder))
