"""Every error cca raises on purpose.

CcaError
├── SettingError      a setting is wrong, or names something that cannot be used
├── PortTaken         a server cannot bind its port
├── ServiceDown       MongoDB or another part does not answer
├── AlreadyRunning    a second writer of something that has one writer
├── WarehouseError    raw, dbt or gold are not as they must be
├── BackupError       a backup is incomplete or damaged
├── NotInstalled      a command needs an extra that is not installed
└── NotFound          what was asked for does not exist
"""


class CcaError(Exception):
    """Root: the command line prints its message and exits 1."""


class SettingError(CcaError):
    """The message names the setting and the fix."""


class PortTaken(CcaError):
    """The message names the port and the setting that moves it."""


class ServiceDown(CcaError):
    """The message names the address and how to start the service."""


class AlreadyRunning(CcaError):
    """The message names the lock and, where known, its holder."""


class WarehouseError(CcaError):
    """The message names the table or file and the command that mends it."""


class BackupError(CcaError):
    """The message names the file; nothing of a damaged backup is used."""


class NotInstalled(CcaError):
    """The message names the extra and the line that installs it."""


class NotFound(CcaError):
    """The message names what was looked for and where."""
