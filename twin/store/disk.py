"""What can go wrong with a disk, said so that a user knows what to do."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from twin.errors import StoreError

__all__ = ["guarded", "sync_folder"]


@contextmanager
def guarded(out: Path, name: str = "", folder: Path | None = None) -> Iterator[None]:
    """Do something with the disk; what goes wrong becomes a StoreError that says what to do.

    Parameters
    ----------
    out : Path
        The run folder that the user named.
    name : str
        Table or file within it.
    folder : Path, optional
        Folder that must still be there; when it is not, the message says so.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as fault:
        raise StoreError(_advice(out, name, fault, folder)) from fault


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut, where the file system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as fault:
        if fault.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _advice(out: Path, name: str, fault: Exception, folder: Path | None) -> str:
    where = f"{out}/{name}" if name else str(out)
    code = fault.errno if isinstance(fault, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(_nearest(out)).free
        return (
            f"{where}: the disk is full ({free / 1e9:.1f} GB free); make room, write to another disk, or keep "
            "fewer sessions (output.sessions)"
        )
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where}: may not be written ({fault}); choose a folder that you may write to"
    if folder is not None and not folder.exists():
        return f"{where}: the folder in which it was being written has vanished ({folder}); mount or make it again"
    return f"{where}: could not be written ({fault}); check the disk and run again"


def _nearest(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
