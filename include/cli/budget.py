"""`cca budget`: sets budgets, shows and checks them."""

from typing import TYPE_CHECKING

import click

from cca.cli.groups import Group
from cca.terminal import say

if TYPE_CHECKING:
    from cca.budgets.standing import Standing
    from cca.settings import Settings

_OVER = 3
_PERIODS = click.Choice(["day", "week", "month"])


@click.group(cls=Group, invoke_without_command=True)
@click.option(
    "--check", is_flag=True, help=f"Exit with {_OVER} if a budget is spent; say only which."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def budget(context: click.Context, *, check: bool, as_json: bool) -> None:
    """Show each budget: what is spent of it, and where the pace leads.

    Numbers are those of the last publish. A week begins on Monday; days are those of TIMEZONE.
    BUDGET_USD_MONTH is the budget of a month where `cca budget set` gave none.
    """
    if context.invoked_subcommand is None:
        is_over = _show(is_check=check, as_json=as_json)
        if check and is_over:
            context.exit(_OVER)
    elif check or as_json:
        raise click.UsageError("--check and --json show budgets: leave out the subcommand")


@budget.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(*, as_json: bool) -> None:
    """Show each budget, as `cca budget` alone does."""
    _show(is_check=False, as_json=as_json)


# So that an amount below zero is told as such, and not as an option.
@budget.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("usd", metavar="USD")
@click.option("--per", type=_PERIODS, default="month", show_default=True, help="Calendar period.")
@click.option("--project", help="Only this project: its folder's name or its path.")
@click.option("--host", help="Only this machine: its CCA_HOST.")
def set_budget(usd: str, per: str, project: str | None, host: str | None) -> None:
    """Set a budget of so many USD; one for the same period, project and machine is replaced."""
    from decimal import Decimal, InvalidOperation
    from typing import cast

    from cca.budgets.stored import Budget, Period, put
    from cca.settings import get_settings

    try:
        amount = Decimal(usd)
    except InvalidOperation:
        raise click.BadParameter(f"{usd!r} is no amount, such as 200 or 12.50") from None
    settings = get_settings()
    key, machine = _known(settings, project, host)
    made = Budget(amount, cast("Period", per), key, machine)
    put(settings, made)
    say(f"budget set: {amount:f} USD for each {made.name}")


@budget.command("remove")
@click.option("--per", type=_PERIODS, default="month", show_default=True, help="Calendar period.")
@click.option("--project", default="", help="The budget of this project, as `cca budget` names it.")
@click.option("--host", default="", help="The budget of this machine.")
def remove_budget(per: str, project: str, host: str) -> None:
    """Remove a budget."""
    from cca.budgets.stored import remove
    from cca.errors import NotFound
    from cca.settings import get_settings

    if not remove(get_settings(), (per, project, host)):
        raise NotFound("there is no such budget; `cca budget` lists those that are set")
    say("budget removed")


def _show(*, is_check: bool, as_json: bool) -> bool:
    """Print the budgets, for a check those that are spent; tells whether one is."""
    import json

    from cca.budgets.standing import standings
    from cca.settings import get_settings

    found = standings(get_settings())
    over = [one for one in found if one.state == "over"]
    shown = over if is_check else found
    if as_json:
        say(json.dumps({"rows": [_row(one) for one in shown], "totals": {"budgets": len(found)}}))
        return bool(over)
    for one in shown:
        say(one.text)
    if not found:
        say("no budget yet; `cca budget set 200` sets one of 200 USD for each month", err=True)
    return bool(over)


def _row(one: "Standing") -> dict[str, str | float]:
    return {
        "period": one.budget.period, "project": one.budget.project, "host": one.budget.host,
        "first": one.first.isoformat(), "last": one.last.isoformat(),
        "budget_usd": float(one.budget.usd), "spent_usd": float(one.spent_usd),
        "expected_usd": float(one.expected_usd), "state": one.state,
    }  # fmt: skip


def _known(settings: "Settings", project: str | None, host: str | None) -> tuple[str, str]:
    """The project's key and the machine's name; NotFound, with what is near, for others."""
    from cca.usage.projects import known_host, known_project

    key = known_project(settings.gold_path, project) if project else ""
    return key, known_host(settings.gold_path, host) if host else ""
