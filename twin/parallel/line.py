"""Lines between processes of a run: sockets that carry packets to and fro, one at a time or over many lines at once.

Large arrays travel beside their packet and not in it (pickle protocol 5), so that they are not copied on their way. Who gets
on to a line may have code run on the other side; `twin.parallel.meeting` lets nobody on who does not hold the run's key.
"""

from __future__ import annotations

import pickle
import selectors
import socket
import struct
import weakref
from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

__all__ = ["Line", "LineError", "Packed", "pack", "pair", "swap"]

IDLE_S, EVERY_S, N_SILENT = 10, 5, 4
"""A node that is gone without a word is missed after half a minute: it is asked after 10 s, then every 5 s, four times."""
SMALL_BYTES = 32_768
"""Arrays up to this size travel in their packet: a copy is cheaper than a call of the system."""
MOST_BUFFERS = 512
"""Pieces that go out at once; the system takes some 1,024."""

Packed = list[Any]
"""A packet as it travels: how long each piece is, the packet, its arrays."""
Steps = Generator[None, None, Any]
"""Work on a line that yields where it would have to wait."""


class LineError(OSError):
    """The other side is gone, or is not who it should be.

    Attributes
    ----------
    at : int
        Which of several lines it is.
    """

    at = 0


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
        _to_the_end(self.sending(packets, 0))

    def receive(self) -> Any:
        """Return the next packet; its arrays are this process's own and may be written.

        Raises
        ------
        LineError
            If the other side is gone.
        """
        return _to_the_end(self.receiving(1, 0))[0]

    def sending(self, packets: Sequence[Packed], flags: int = socket.MSG_DONTWAIT) -> Steps:
        """Send packets, in a go; yield where the line is full."""
        pieces = [memoryview(piece) for packet in packets for piece in packet if memoryview(piece).nbytes]
        while pieces:
            try:
                n_bytes = self._end.sendmsg(pieces[:MOST_BUFFERS], (), flags)
            except BlockingIOError:
                yield
                continue
            except OSError as fault:
                raise LineError(f"the line broke ({fault})") from fault
            self.n_bytes_out += n_bytes
            pieces = _after(pieces, n_bytes)

    def receiving(self, n_packets: int, flags: int = socket.MSG_DONTWAIT) -> Steps:
        """Return the next packets; yield where nothing has come."""
        packets = []
        for _ in range(n_packets):
            (n_pieces,) = struct.unpack("<I", (yield from self._reading(4, flags)))
            lengths = struct.unpack(f"<{n_pieces}Q", (yield from self._reading(8 * n_pieces, flags)))
            pieces = []
            for length in lengths:
                pieces += [(yield from self._reading(length, flags))]
            packets.append(pickle.loads(pieces[0], buffers=pieces[1:]))
        return packets

    def close(self) -> None:
        """Hang up; whoever waits on either side hears of it."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()

    def _reading(self, n_bytes: int, flags: int) -> Steps:
        """Return so many bytes, in memory of their own."""
        found = np.empty(n_bytes, np.uint8).data
        left = found
        while left.nbytes:
            try:
                n_read = self._end.recv_into(left, 0, flags)
            except BlockingIOError:
                yield
                continue
            except OSError as fault:
                raise LineError(f"the line broke ({fault})") from fault
            if not n_read:
                raise LineError("the line broke (the other side hung up)")
            left = left[n_read:]
        self.n_bytes_in += n_bytes
        return found


def pair() -> tuple[Line, Line]:
    """Return both ends of a line within this process."""
    one, other = socket.socketpair()
    return Line(one), Line(other)


def swap(lines: Sequence[Line], common: Packed, own: Sequence[Packed]) -> list[list[Any]]:
    """Send what all are told and what each is told, and return the two packets of each; all lines at once.

    Nobody waits for who waits for it: a line that is full is left for one on which something has come.

    Raises
    ------
    LineError
        If somebody is gone; `at` says on which line.
    """
    found: list[Any] = [None] * len(lines)
    with selectors.DefaultSelector() as waiting:
        for at, line in enumerate(lines):
            work = {selectors.EVENT_WRITE: line.sending([common, own[at]]), selectors.EVENT_READ: line.receiving(2)}
            waiting.register(line, selectors.EVENT_WRITE | selectors.EVENT_READ, (at, work))
        while waiting.get_map():
            for key, events in waiting.select():
                at, work = key.data
                for event in [event for event in work if event & events]:
                    try:
                        next(work[event])
                    except StopIteration as end:
                        del work[event]
                        if event == selectors.EVENT_READ:
                            found[at] = end.value
                    except LineError as fault:
                        fault.at = at
                        raise
                if work:
                    waiting.modify(key.fileobj, sum(work), key.data)
                else:
                    waiting.unregister(key.fileobj)
    return found


def _to_the_end(steps: Steps) -> Any:
    """Return what steps return that wait where they have to."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def _watch(end: socket.socket) -> None:
    """Have the system ask whether the other side is still there, where it can."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    wanted = {"TCP_KEEPIDLE": IDLE_S, "TCP_KEEPINTVL": EVERY_S, "TCP_KEEPCNT": N_SILENT}
    wanted["TCP_USER_TIMEOUT"] = 1000 * (IDLE_S + EVERY_S * N_SILENT)
    for name, value in wanted.items():
        if hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _after(pieces: Sequence[memoryview], n_bytes: int) -> list[memoryview]:
    """Return what is left of pieces when so many bytes are gone."""
    for at, piece in enumerate(pieces):
        if n_bytes < piece.nbytes:
            return [piece.cast("B")[n_bytes:], *pieces[at + 1 :]]
        n_bytes -= piece.nbytes
    return []
