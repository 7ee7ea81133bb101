"""How loops are compiled: once, here, for the whole project.

``nogil`` lets shards run side by side on threads, ``cache`` keeps a compiled kernel for the next run. ``fastmath`` stays
off: it reorders floating-point sums, and then the answer depends on the machine. ``error_model="numpy"`` lets a division
by zero give an infinity that a kernel can test, instead of a branch at every division.
"""

from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy", fastmath=False, _nrt=False, forceinline=True)
