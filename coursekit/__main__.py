"""`python -m coursekit ...` is `course ...`, also where the command is not installed."""

from __future__ import annotations

import sys

from coursekit.cli import main

sys.exit(main())
