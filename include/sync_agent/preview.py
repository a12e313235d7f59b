"""A short look at an entry for lists: the first readable text, secrets masked."""

from collections.abc import Mapping
from typing import Any

from cca.masking import mask_secrets
from cca.transcript.previews import PREVIEW_CHARACTERS, preview_text


def preview_of(entry: Mapping[str, Any]) -> str:
    """Returns up to 500 characters on one line; "" when the entry has nothing to read."""
    text = preview_text(entry)
    return mask_secrets(text)[:PREVIEW_CHARACTERS] if text else ""
