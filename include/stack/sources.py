"""What a person should know about the transcript folders when the stack starts."""

from itertools import islice

from cca.settings import Settings


def remarks(settings: Settings) -> list[str]:
    """One sentence for each folder that is missing or holds no transcript yet."""
    found: list[str] = []
    for folder in settings.claude_dirs:
        if not folder.is_dir():
            found.append(
                f"{folder} does not exist: set CLAUDE_DIR to where Claude Code writes, "
                "or start Claude Code once; the agent takes it up as soon as it is there"
            )
        elif not any(islice(folder.rglob("*.jsonl"), 1)):
            found.append(f"no transcripts yet in {folder}: they appear as Claude Code is used")
    return found
