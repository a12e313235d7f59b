"""What sqlfluff knows of dbt's `adapter`: macros by engine, as DuckDB has them."""

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context


def dispatch(name: str, _project: str) -> Callable[..., Any]:
    """Returns what dbt's adapter.dispatch would for a target that has no macro of its own."""

    @pass_context
    def call(context: Context, *arguments: Any) -> Any:
        return context.resolve(f"default__{name}")(*arguments)

    return call
