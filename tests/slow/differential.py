"""Many random nations, lived by the engine and by the reference, and held against each other after every window.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.differential --n 2000

prints every nation on which the two differ, with its number and the table, and how often each outcome occurred.
A number alone (`--first 1234 --n 1`) repeats a nation. About half a second each once the kernels are compiled.

With bounds checks in the kernels, which are compiled anew into a cache of their own:

    NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=bounds-cache python -m tests.slow.differential --n 200

Without compilation, for the debugger and for a second opinion on the compiler, some seconds each:

    NUMBA_DISABLE_JIT=1 python -m tests.slow.differential --n 5
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.oracle import OUTCOMES, live_both
from tests.small_nations import nation_of


def main() -> int:
    """Live the nations; return 1 if any of them differed."""
    parser = argparse.ArgumentParser(description="Hold the engine against the reference on random nations.")
    parser.add_argument("--n", type=int, default=100, help="number of nations")
    parser.add_argument("--first", type=int, default=0, help="number of the first nation")
    parser.add_argument("--windows", type=int, default=120, help="windows of each with anybody out, about")
    parser.add_argument("--workers", type=int, default=1, help="threads of the engine")
    chosen = parser.parse_args()
    happened: Counter[str] = Counter()
    n_different, start = 0, time.perf_counter()
    for number in range(chosen.first, chosen.first + chosen.n):
        try:
            happened += live_both(nation_of(number), chosen.windows, chosen.workers)
        except AssertionError as difference:
            n_different += 1
            print(f"nation {number}: {difference}", flush=True)
    print(f"{chosen.n} nations in {time.perf_counter() - start:.0f} s, {n_different} different")
    for outcome in OUTCOMES:
        print(f"{happened[outcome]:9,d} {outcome}")
    return 1 if n_different else 0


if __name__ == "__main__":
    sys.exit(main())
