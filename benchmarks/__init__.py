"""How long a run takes and what it needs, measured on whole processes; `python -m benchmarks` prints every table."""
