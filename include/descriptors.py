"""Reading by a file's descriptor, alike on every system; the status line needs a quick import."""

import os
import sys

# For os.open: Windows would read \r\n as \n. Python itself keeps descriptors from other programs.
BINARY: int = getattr(os, "O_BINARY", 0)

if sys.platform == "win32":

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        """Read at an offset; unlike elsewhere this moves the file's position."""
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)

else:
    from os import pread as pread  # noqa: PLC0414  (handed on)
