"""Notices an archive that lacks what was delivered: another server, a lost disk, an old backup.

The buffer says how far each file was read, so nothing of it would ever be sent again.
"""

import logging

from pymongo.collection import Collection

from cca.settings import Settings
from cca.sync_agent.buffer import POSITIONS_IN_DOUBT, Buffer
from cca.sync_agent.deliver import deliver
from cca.sync_agent.document import Document
from cca.sync_agent.erasure import erased_entries

log = logging.getLogger(__name__)


def lacks_delivered(buffer: Buffer, collection: Collection[Document], settings: Settings) -> bool:
    """Tell whether the files must be read again, for this archive lacks the newest delivered entry.

    An agent may add entries and see none, so the entry is sent once more: an archive that has it
    keeps its own.

    Raises:
        PyMongoError: MongoDB is away.

    """
    if not buffer.counter(POSITIONS_IN_DOUBT):
        newest, host = buffer.newest_delivered(), settings.cca_host
        if newest is None or erased_entries(buffer, collection.database, [newest], host):
            return False
        # Before the question, for asking it changes the answer.
        buffer.set_counter(POSITIONS_IN_DOUBT, 1)
        delivery, _ = deliver(collection, [newest], settings)
        if not delivery.stored:
            buffer.set_counter(POSITIONS_IN_DOUBT, 0)
            return False
    log.warning(
        "the archive lacks what was delivered: it is another one, or an earlier state of it; all"
        " files are read again, and nothing is stored twice"
    )
    return True
