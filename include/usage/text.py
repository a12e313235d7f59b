"""Text of transcripts on its way to a terminal."""


def printable(text: str) -> str:
    """Without control characters, which a terminal would obey; lines stay lines."""
    return "".join(
        sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
