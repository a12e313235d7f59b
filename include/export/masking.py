"""Masks entries on their way out, and counts the places."""

from dataclasses import dataclass, replace
from typing import Any

from cca.conversation.stored import StoredEntry
from cca.masking import MASK, mask_value


@dataclass
class MaskedPlaces:
    """Counts the values that an export hid; `is_revealed`: it hides none."""

    is_revealed: bool = False
    count: int = 0

    def masked(self, entry: StoredEntry) -> StoredEntry:
        """The entry with its secrets masked; it says in how many places."""
        if self.is_revealed:
            return entry
        body = mask_value(entry.body)
        if body == entry.body:
            return entry
        places = _marks_in(body) - _marks_in(entry.body)
        self.count += places
        return replace(entry, body=body, masked_places=places)

    @property
    def sentence(self) -> str:
        """What a file and a terminal say of it."""
        if self.is_revealed:
            return "Nothing is masked."
        if self.count == 1:
            return "1 place that looks like a secret is masked."
        return f"{self.count:,} places that look like secrets are masked."


def _marks_in(body: dict[str, Any]) -> int:
    return str(body).count(MASK)
