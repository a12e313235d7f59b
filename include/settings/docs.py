"""`.env.example` and docs/settings.md, written from the settings themselves: `make docs`."""

from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from cca.settings import SECTIONS, Settings
from cca.settings.base import HomeSettings
from cca.settings.project import document

# Defaults that are this machine's, said in words.
_IN_WORDS = {"cca_host": "the hostname"}
_INTRODUCTION = (
    "Environment variables, or lines of a `.env`: in the checkout, or in `CCA_HOME` where cca is "
    "installed as a package. `CCA_ENV_FILE` names another file. Written by `make docs` from "
    "`include/settings/`."
)


def env_example() -> str:
    """Return every setting with its default, commented out."""
    lines = ["# Copy to .env and uncomment what you change. Written by `make docs`.", ""]
    for section in SECTIONS:
        lines += [f"# --- {_title(section)}", ""]
        for name, field in _fields(section):
            lines += [f"# {field.description}", f"# {name.upper()}={_default(name)}", ""]
    return "\n".join(lines)


def settings_table() -> str:
    """Return the page docs/settings.md."""
    lines = [
        "# Settings",
        "",
        _INTRODUCTION,
        "",
    ]
    for section in SECTIONS:
        lines += [f"## {_title(section)}", "", "| setting | default | meaning |", "|---|---|---|"]
        lines += [
            f"| `{name.upper()}` | {_shown(name)} | {field.description} |"
            for name, field in _fields(section)
        ]
        lines.append("")
    return "\n".join(lines)


def files() -> dict[Path, str]:
    """Return the generated files and what they must hold."""
    return {
        document(".env.example"): env_example(),
        document("docs", "settings.md"): settings_table(),
    }


def _title(section: type[HomeSettings]) -> str:
    return (section.__doc__ or "").rstrip(".")


def _fields(section: type[HomeSettings]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the section's own fields, without those that it builds on."""
    for name, field in section.model_fields.items():
        if name in section.__annotations__:
            yield name, field


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
