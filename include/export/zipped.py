"""Sessions as a ZIP archive, a Markdown file for each; written as it is read."""

import io
import re
from collections.abc import Iterable, Iterator
from zipfile import ZIP_DEFLATED, ZipFile

from pymongo.collection import Collection

from cca.export.sessions import Session
from cca.export.write import FORMATS, export
from cca.masking import mask_secrets
from cca.mongo.archive import Document

KIND, SUFFIX = "application/zip", ".zip"
_FORM = "md"
_NAME_CHARACTERS = 60


def export_zip(collection: Collection[Document], sessions: Iterable[Session]) -> Iterator[bytes]:
    """The archive in pieces; at most one entry of a session is held at a time."""
    out = _Pipe()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for session in sessions:
            # A session of any length may come, and its size is known at its end alone.
            with archive.open(_file_name(session), "w", force_zip64=True) as file:
                for piece in export(collection, [session], _FORM):
                    file.write(piece.encode(errors="replace"))
                    yield out.taken()
    yield out.taken()


def _file_name(session: Session) -> str:
    """Day, title and id: unlike any other, and safe on every system."""
    day = session.started_at.strftime("%Y-%m-%d-") if session.started_at else ""
    title = re.sub(r"[^\w]+", "-", mask_secrets(session.title)).strip("-")[:_NAME_CHARACTERS]
    name = re.sub(r"[^\w.-]+", "-", session.id).strip("-.")
    return f"{day}{title}-{name}{FORMATS[_FORM].suffix}"


class _Pipe(io.RawIOBase):
    """Keeps what is written until it is taken; it cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]  # (any buffer)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found
