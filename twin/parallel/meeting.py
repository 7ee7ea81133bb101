"""How two processes of a run find each other: one listens, the other calls, and both prove that they hold the run's key."""

from __future__ import annotations

import hmac
import os
import socket
import struct

from twin.parallel.line import Line, LineError

__all__ = ["CHAIR", "KEY_BYTES", "Ear", "Place", "dial"]

KEY_BYTES = 32
PROOF_S = 5.0
"""For the other side to prove that it holds the key."""
CHAIR = -1
"""Number by which the chair calls; workers call by their own."""

Place = tuple[str, int]
"""Address and port at which a worker listens."""


class Ear:
    """Where a worker waits for those who call it.

    Parameters
    ----------
    host : str
        Address of this machine by which the others know it.
    """

    def __init__(self, host: str) -> None:
        self._ear = socket.create_server((host, 0), family=_family(host))
        self.place: Place = host, self._ear.getsockname()[1]

    def answer(self, key: bytes, n_callers: int, within_s: float) -> dict[int, Line]:
        """Return the lines of those who hold the key, by their numbers; others are refused, and waited past.

        Raises
        ------
        LineError
            If not all come.
        """
        lines: dict[int, Line] = {}
        self._ear.settimeout(within_s)
        with self._ear:
            while len(lines) < n_callers:
                try:
                    end, _ = self._ear.accept()
                except OSError as fault:
                    raise LineError(f"{len(lines)} of {n_callers} callers came within {within_s:.0f} s") from fault
                try:
                    _prove(end, key, is_caller=False)
                    (number,) = struct.unpack("<i", _read(end, 4))
                    lines[number] = Line(end)
                except OSError:
                    end.close()
        return lines


def dial(place: Place, key: bytes, number: int, within_s: float) -> Line:
    """Return a line to who listens at a place and holds the key, which is told one's own number.

    Raises
    ------
    LineError
        If nobody answers, or not with the key.
    """
    try:
        end = socket.create_connection(place, within_s)
    except OSError as fault:
        raise LineError(str(fault)) from fault
    try:
        _prove(end, key, is_caller=True)
        end.sendall(struct.pack("<i", number))
        return Line(end)
    except OSError as fault:
        end.close()
        raise LineError(str(fault)) from fault


def _prove(end: socket.socket, key: bytes, *, is_caller: bool) -> None:
    """Show the other side that one holds the key, without telling it, and see that it does."""
    end.settimeout(PROOF_S)
    ours = os.urandom(KEY_BYTES)  # no luck of the run: nothing that it computes follows from it
    end.sendall(ours)
    theirs = _read(end, KEY_BYTES)
    asked = ours + theirs if is_caller else theirs + ours
    roles = (b"caller", b"called") if is_caller else (b"called", b"caller")
    mine, wanted = (hmac.digest(key, role + asked, "sha256") for role in roles)
    end.sendall(mine)
    if not hmac.compare_digest(_read(end, len(wanted)), wanted):
        raise LineError("who is there does not hold the key of the run")


def _read(end: socket.socket, n_bytes: int) -> bytes:
    found = bytearray()
    while len(found) < n_bytes:
        more = end.recv(n_bytes - len(found))
        if not more:
            raise LineError("the other side hung up")
        found += more
    return bytes(found)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
