"""Lines between the process that holds a run together and each worker: sockets that carry packets to and fro.

Large arrays travel beside their packet and not in it (pickle protocol 5), so that they are not copied on their way. Who gets
on to a line may have code run on the other side, so both sides first prove that they hold the same key.
"""

from __future__ import annotations

import hmac
import os
import pickle
import socket
import struct
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

__all__ = ["Ear", "Line", "LineError", "Packed", "dial", "pack", "pair"]

KEY_BYTES = 32
PROOF_S = 5.0
"""For the other side to prove that it holds the key."""
IDLE_S, EVERY_S, N_SILENT = 10, 5, 4
"""A node that is gone without a word is missed after half a minute: it is asked after 10 s, then every 5 s, four times."""
SMALL_BYTES = 32_768
"""Arrays up to this size travel in their packet: a copy is cheaper than a call of the system."""
MOST_BUFFERS = 512
"""Pieces that go out at once; the system takes some 1,024."""

Packed = list[Any]
"""A packet as it travels: how long each piece is, the packet, its arrays."""


class LineError(OSError):
    """The other side is gone, or is not who it should be."""


def pack(value: Any) -> Packed:
    """Return a value as it travels; large arrays in it are not copied, and must stay as they are until it has been sent."""
    arrays: list[memoryview] = []

    def is_small(array: pickle.PickleBuffer) -> bool:
        if array.raw().nbytes > SMALL_BYTES:
            arrays.append(array.raw())
            return False
        return True

    body = pickle.dumps(value, protocol=5, buffer_callback=is_small)
    pieces = [memoryview(body), *arrays]
    lengths = [piece.nbytes for piece in pieces]
    return [struct.pack(f"<I{len(lengths)}Q", len(lengths), *lengths), *pieces]


class Line:
    """One end of a line; what is sent arrives whole and in order.

    Parameters
    ----------
    end : socket
        Connected; the line closes it.

    Attributes
    ----------
    n_bytes_in, n_bytes_out : int
        What has come and gone.
    """

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(None)
        if end.family != socket.AF_UNIX:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _watch(end)
        self._end = end
        # Not `__del__`: in a cycle the socket would be collected first, and warn that nobody closed it.
        weakref.finalize(self, end.close)
        self.n_bytes_in = self.n_bytes_out = 0

    def fileno(self) -> int:
        """Return the descriptor, to wait for several lines at once."""
        return self._end.fileno()

    def send(self, *packets: Packed) -> None:
        """Send packets, in a go.

        Raises
        ------
        LineError
            If the other side is gone.
        """
        pieces = [memoryview(piece) for packet in packets for piece in packet if memoryview(piece).nbytes]
        try:
            while pieces:
                n_bytes = self._end.sendmsg(pieces[:MOST_BUFFERS])
                self.n_bytes_out += n_bytes
                pieces = _after(pieces, n_bytes)
        except OSError as fault:
            raise LineError(f"the line broke ({fault})") from fault

    def receive(self) -> Any:
        """Return the next packet; its arrays are this process's own and may be written.

        Raises
        ------
        LineError
            If the other side is gone.
        """
        (n_pieces,) = struct.unpack("<I", self._read(4))
        lengths = struct.unpack(f"<{n_pieces}Q", self._read(8 * n_pieces))
        body, *arrays = [self._read(length) for length in lengths]
        return pickle.loads(body, buffers=arrays)

    def close(self) -> None:
        """Hang up; whoever waits on either side hears of it."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()

    def _read(self, n_bytes: int) -> Any:
        self.n_bytes_in += n_bytes
        try:
            return _read(self._end, n_bytes)
        except OSError as fault:
            raise LineError(f"the line broke ({fault})") from fault


class Ear:
    """Where a worker waits for the one line that is its own.

    Parameters
    ----------
    host : str
        Address of this machine by which the other side knows it.
    """

    def __init__(self, host: str) -> None:
        self._ear = socket.create_server((host, 0), family=_family(host))
        self.place: tuple[str, int] = host, self._ear.getsockname()[1]

    def answer(self, key: bytes, within_s: float) -> Line:
        """Return the line of who holds the key; others are refused, and waited past.

        Raises
        ------
        LineError
            If nobody comes.
        """
        self._ear.settimeout(within_s)
        with self._ear:
            while True:
                try:
                    end, _ = self._ear.accept()
                except OSError as fault:
                    raise LineError(f"nobody came within {within_s:.0f} s") from fault
                try:
                    _prove(end, key, is_caller=False)
                    return Line(end)
                except OSError:
                    end.close()


def dial(place: tuple[str, int], key: bytes, within_s: float) -> Line:
    """Return a line to who listens at a place and holds the key.

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
        return Line(end)
    except OSError as fault:
        end.close()
        raise LineError(str(fault)) from fault


def pair() -> tuple[Line, Line]:
    """Return both ends of a line within this process."""
    one, other = socket.socketpair()
    return Line(one), Line(other)


def _prove(end: socket.socket, key: bytes, *, is_caller: bool) -> None:
    """Show the other side that one holds the key, without telling it, and see that it does."""
    end.settimeout(PROOF_S)
    ours = os.urandom(KEY_BYTES)  # no luck of the run: nothing that it computes follows from it
    end.sendall(ours)
    theirs = bytes(_read(end, KEY_BYTES))
    asked = ours + theirs if is_caller else theirs + ours
    roles = (b"caller", b"called") if is_caller else (b"called", b"caller")
    mine, wanted = (hmac.digest(key, role + asked, "sha256") for role in roles)
    end.sendall(mine)
    if not hmac.compare_digest(bytes(_read(end, len(wanted))), wanted):
        raise LineError("who is there does not hold the key of the run")


def _watch(end: socket.socket) -> None:
    """Have the system ask whether the other side is still there, where it can."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    wanted = {"TCP_KEEPIDLE": IDLE_S, "TCP_KEEPINTVL": EVERY_S, "TCP_KEEPCNT": N_SILENT}
    wanted["TCP_USER_TIMEOUT"] = 1000 * (IDLE_S + EVERY_S * N_SILENT)
    for name, value in wanted.items():
        if hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _read(end: socket.socket, n_bytes: int) -> memoryview:
    """Return so many bytes, in memory of their own."""
    found = np.empty(n_bytes, np.uint8).data
    left = found
    while left.nbytes:
        n_read = end.recv_into(left)
        if not n_read:
            raise LineError("the other side hung up")
        left = left[n_read:]
    return found


def _after(pieces: Sequence[memoryview], n_bytes: int) -> list[memoryview]:
    """Return what is left of pieces when so many bytes are gone."""
    for at, piece in enumerate(pieces):
        if n_bytes < piece.nbytes:
            return [piece.cast("B")[n_bytes:], *pieces[at + 1 :]]
        n_bytes -= piece.nbytes
    return []


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
