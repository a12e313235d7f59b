"""Which budgets there are: a file beside gold, so that browser, alerts and commands share it."""

import json
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args

from cca.errors import SettingError
from cca.files import replace_file
from cca.locks import held
from cca.settings import Settings

Period = Literal["day", "week", "month"]
PERIODS: tuple[str, ...] = get_args(Period)


@dataclass(frozen=True)
class Budget:
    """So many USD for each calendar period: in all, or for one project, machine or both.

    `project` is a project's key, `host` a machine's name; empty for all. A week begins on Monday.
    """

    usd: Decimal
    period: Period
    project: str = ""
    host: str = ""

    @property
    def is_total(self) -> bool:
        """Tells whether it limits all projects and machines together."""
        return not (self.project or self.host)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it limits: there is one budget for each period, project and machine."""
        return (self.period, self.project, self.host)

    @property
    def name(self) -> str:
        """What a person calls it, such as `month, project /home/ada/atlas`."""
        parts: list[str] = [self.period]
        parts += [f"project {self.project}"] if self.project else []
        parts += [f"machine {self.host}"] if self.host else []
        return ", ".join(parts)


def path_of(settings: Settings) -> Path:
    return settings.gold_dir / "budgets.json"


def read(settings: Settings) -> list[Budget]:
    """Return all budgets, totals first; BUDGET_USD_MONTH counts where none was set for the month.

    Raises:
        SettingError: The file is damaged.

    """
    found = {budget.key: budget for budget in _of_file(path_of(settings))}
    if settings.budget_usd_month:
        of_setting = Budget(Decimal(str(settings.budget_usd_month)), "month")
        found.setdefault(of_setting.key, of_setting)
    return sorted(
        found.values(), key=lambda one: (not one.is_total, PERIODS.index(one.period), one.key)
    )


def budget_of_month(settings: Settings) -> Decimal | None:
    """Return the budget of a month for all projects and machines together, None without one."""
    found = {budget.key: budget.usd for budget in read(settings)}
    return found.get(("month", "", ""))


def put(settings: Settings, budget: Budget) -> None:
    """Set a budget; one for the same period, project and machine is replaced.

    Raises:
        SettingError: The amount is not positive.

    """
    if not (budget.usd.is_finite() and budget.usd > 0):
        raise SettingError(f"a budget is an amount of USD above 0, not {budget.usd}")
    _change(settings, {budget.key: budget})


def remove(settings: Settings, key: tuple[str, str, str]) -> bool:
    """Remove a budget; tells whether it was there. BUDGET_USD_MONTH is a setting and stays."""
    if key not in {budget.key for budget in _of_file(path_of(settings))}:
        return False
    _change(settings, {key: None})
    return True


def _change(settings: Settings, changes: dict[tuple[str, str, str], Budget | None]) -> None:
    path = path_of(settings)
    with held(path.with_suffix(".lock")):
        found: dict[tuple[str, str, str], Budget | None] = {
            budget.key: budget for budget in _of_file(path)
        }
        kept = [budget for budget in (found | changes).values() if budget]
        rows = [asdict(budget) | {"usd": f"{budget.usd:f}"} for budget in kept]
        replace_file(path, json.dumps({"budgets": rows}, indent=1, ensure_ascii=False) + "\n")


def _of_file(path: Path) -> list[Budget]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["budgets"]
        return [_budget(row) for row in rows]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        message = f"{path} is damaged ({type(error).__name__}); mend or delete it"
        raise SettingError(message) from error


def _budget(row: dict[str, Any]) -> Budget:
    known = {each.name for each in fields(Budget)}
    values = {name: value for name, value in row.items() if name in known}
    budget = Budget(**values | {"usd": Decimal(row["usd"])})
    if budget.period not in PERIODS or budget.usd <= 0:
        raise ValueError(budget.period)
    return budget
