"""Masks secrets wherever text is shown; in the archive itself only where MASK_STORED says so.

Two kinds are masked: texts of a known format (`formats`), and values that a name calls a secret and
that look like one (`named`, judged by `judge`).
"""

from cca.masking.rules import MASK
from cca.masking.text import mask_secrets, mask_value

__all__ = ["MASK", "mask_secrets", "mask_value"]
