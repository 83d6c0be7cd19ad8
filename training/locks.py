"""Locks on open files, which end with the process that holds them, however it ends."""

import sys
from enum import Enum, auto

if sys.platform != "win32":
    import fcntl


class Lock(Enum):
    """What came of an attempt to lock."""

    HELD = auto()
    TAKEN = auto()
    UNSUPPORTED = auto()


def lock(descriptor: int) -> Lock:
    """
    Lock an open file or folder until it is closed.

    Returns:
        HELD; TAKEN when another holds it; UNSUPPORTED where the system or the file system has no locks.
    """
    if sys.platform == "win32":
        return Lock.UNSUPPORTED
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return Lock.TAKEN
    except OSError:
        # Some network file systems have no locks, or none for folders.
        return Lock.UNSUPPORTED
    return Lock.HELD
