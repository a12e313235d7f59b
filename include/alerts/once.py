"""Tells of each budget that is spent once in its period."""

import json
import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cca.alerts import templates
from cca.alerts.send import has_recipients, send
from cca.budgets.standing import crossed
from cca.errors import CcaError
from cca.files import replace_file
from cca.locks import held
from cca.settings import Settings

log = logging.getLogger(__name__)

# Longer than the longest period of a budget.
_REMEMBERED = timedelta(days=62)


def tell_of_budgets(settings: Settings, today: date | None = None) -> list[str]:
    """Send a message about budgets that are spent and that nobody was told of; return these.

    `today` is the day on the calendar of TIMEZONE, by default the present one. If no way works,
    the next call tries again. Raises nothing: a run does not fail for a message.
    """
    try:
        over = crossed(settings, today)
    except CcaError as error:
        log.warning("budgets cannot be checked: %s", error)
        return []
    if not over:
        return []
    path = settings.gold_dir / "told.json"
    with held(path.with_suffix(".lock")):
        told = _read(path)
        fresh = [one for one in over if one.occasion not in told]
        if not fresh:
            return []
        worked = send(settings, templates.budget(fresh, f"{settings.browser_address}/numbers"))
        if worked or not has_recipients(settings):
            now = datetime.now(UTC)
            told |= {one.occasion: now for one in fresh}
            kept = {name: at.isoformat() for name, at in told.items() if now - at < _REMEMBERED}
            replace_file(path, json.dumps(kept, indent=1))
    return [one.occasion for one in fresh]


def _read(path: Path) -> dict[str, datetime]:
    """Return what was told when; a damaged file counts as an empty one: better told twice."""
    try:
        return {
            name: datetime.fromisoformat(at) for name, at in json.loads(path.read_text()).items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError):
        log.warning("%s is damaged and begins anew", path)
        return {}
