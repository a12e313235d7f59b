"""Templates to HTML: autoescaping, with the times and numbers written one way everywhere."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup, escape

from cca.conversation.parts import thousands
from cca.dashboards.browser.numbers.write import span
from cca.dashboards.browser.state import FILTERS, told
from cca.markup import code_html, markdown, output_html

HERE = Path(__file__).parent
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class _Flush(Extension):
    """Drops the indentation of templates: it is for us, and would be a quarter of a page."""

    def preprocess(
        self,
        source: str,
        name: str | None,  # noqa: ARG002  (Jinja names the arguments)
        filename: str | None = None,  # noqa: ARG002
    ) -> str:
        return _INDENTATION.sub("", source)


def render(template: str, timezone: ZoneInfo, **values: Any) -> Markup:
    """A template as HTML; strings among the values are text and are escaped."""
    html = (
        _environment()
        .get_template(template)
        .render(timezone=timezone, zone=timezone.key, cleared=dict.fromkeys(FILTERS, ""), **values)
    )
    return Markup(html)  # noqa: S704  (the environment escapes)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_Flush],
        # A page includes small templates hundreds of times, and each time the file was looked at.
        auto_reload=False,
    )
    environment.filters |= {
        "moment": told,
        "clock": pass_context(lambda context, at: _written(context, at, "%H:%M")),
        "seconds": pass_context(lambda context, at: _written(context, at, "%H:%M:%S")),
        "day": pass_context(lambda context, at: _written(context, at, "%a, %b %-d, %Y")),
        "month_day": pass_context(lambda context, at: _written(context, at, "%b %-d")),
        "date": pass_context(lambda context, at: _written(context, at, "%Y-%m-%d")),
        "iso": lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "",
        "number": lambda value: f"{int(value or 0):,}",
        "thousands": thousands,
        "usd": _usd,
        "lasted": lambda period: span(period.total_seconds() * 1000),
        "ticked": _ticked,
        # A long path goes on in the next line behind one of its folders.
        "by_folder": lambda path: Markup("/<wbr>").join(str(path).split("/")),
        "told": lambda rows: ", ".join(f"{name} {value}" for name, value, _ in rows) or "nothing",
        "markdown": markdown,
        "prompt": lambda text: markdown(text, breaks=True),
        "code": code_html,
        "output": output_html,
    }
    return environment


def _written(context: Context, at: datetime | None, pattern: str) -> str:
    try:
        return at.astimezone(context["timezone"]).strftime(pattern) if at else ""
    except OverflowError:  # the first or last day that there is, in another zone
        return ""


def _ticked(text: str) -> Markup:
    """A sentence of ours with its `commands` set as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _usd(value: object) -> str:
    amount = float(str(value or 0))
    if amount and abs(amount) < 0.01:  # noqa: PLR2004  (below a cent two places say nothing)
        return f"${amount:.4f}"
    return f"${amount:,.2f}"
