"""`.env.example` and docs/settings.md, written from the settings themselves: `make docs`."""

from pathlib import Path

from cca.settings import PROJECT_DIR, Settings

# defaults that are this machine's, said in words
_IN_WORDS = {"cca_host": "the hostname"}


def env_example() -> str:
    """Every setting with its default, commented out."""
    lines = ["# Copy to .env and uncomment what you change. Written by `make docs`.", ""]
    for name, field in Settings.model_fields.items():
        lines += [f"# {field.description}", f"# {name.upper()}={_default(name)}", ""]
    return "\n".join(lines)


def settings_table() -> str:
    """The page docs/settings.md."""
    rows = [
        f"| `{name.upper()}` | {_shown(name)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            (
                "Environment variables, or lines of a `.env` in the project folder (`CCA_ENV_FILE` "
                "names another). Written by `make docs` from `include/settings.py`."
            ),
            "",
            "| setting | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def files() -> dict[Path, str]:
    """Generated files and what they must hold."""
    return {
        PROJECT_DIR / ".env.example": env_example(),
        PROJECT_DIR / "docs" / "settings.md": settings_table(),
    }


def _default(name: str) -> str:
    if name in _IN_WORDS:
        return ""
    value = Settings.model_fields[name].default
    return "" if value is None else str(value)


def _shown(name: str) -> str:
    if name in _IN_WORDS:
        return _IN_WORDS[name]
    return f"`{_default(name)}`" if _default(name) else ""


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
