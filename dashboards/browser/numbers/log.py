"""The work log: what was asked and done, by day or week and by project."""

from datetime import date
from functools import lru_cache

from cca.dashboards.browser.numbers.cells import session_link
from cca.dashboards.browser.numbers.choice import EACH
from cca.dashboards.browser.numbers.drawn import Segment
from cca.dashboards.browser.numbers.parts import Log, LogEntry, LogSession, Section
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Gold, cursor_of
from cca.digest import text
from cca.digest.model import Digest, Work
from cca.digest.read import Period, days_of, read
from cca.masking import mask_secrets

# Days or weeks on one page; the period chosen leads to earlier ones.
_MOST = 7
_MOST_PROMPTS = 4
# A response may come on the day after its prompt.
_DAYS = " union ".join(
    f"select m.day from marts.{mart} as m where {FILTERED} and m.day is not null"
    for mart in ("fct_prompts", "fct_api_messages")
)
_NEWEST_DAYS = f"from ({_DAYS}) select day order by day desc"


def page(asked: Asked) -> list[Section]:
    period: Period = "week" if asked.choice.each == "week" else "day"
    since, until = asked.choice.period(asked.today)
    firsts = dict.fromkeys(days_of(period, row["day"]) for row in asked.rows(_NEWEST_DAYS))
    logs = [
        _log(asked, _digest(asked.gold, *_within(days, since, until), asked.choice.project,
                            asked.choice.host))
        for days in list(firsts)[:_MOST]
    ]  # fmt: skip
    if not logs:
        return []
    segments = [
        Segment(label, asked.choice.link("log", each=value), value == asked.choice.each)
        for value, label in EACH.items()
    ]
    first = logs[0]
    return [Log(first.title, first.summary, first.entries, [segments]), *logs[1:]]


def _within(days: tuple[date, date], since: date | None, until: date | None) -> tuple[date, date]:
    """A week at the edge of the period has only the days of the period."""
    return max(days[0], since or days[0]), min(days[1], until or days[1])


@lru_cache(maxsize=128)
def _digest(gold: Gold, first: date, last: date, project: str, host: str) -> Digest:
    """Read once for a published file, which never changes."""
    return read(cursor_of(gold), first, last, project or None, host or None)


def _log(asked: Asked, digest: Digest) -> Log:
    entries = [_entry(asked, digest, each) for each in digest.works]
    return Log(digest.name, text.summary(digest), entries)


def _entry(asked: Asked, digest: Digest, work: Work) -> LogEntry:
    left = work.files_changed - len(work.files)
    return LogEntry(
        project=work.project,
        link=asked.conversations(
            project=work.project_key, since=digest.first.isoformat(), until=digest.last.isoformat()
        ),
        facts=text.facts(work),
        sessions=[_session(each.session_id, each.title, each.prompts) for each in work.asked],
        files=[
            (text.shown_path(work, each.path), each.lines_added, each.lines_removed)
            for each in work.files
        ],
        more_files=f"and {left:,} more files" if left > 0 else "",
        commits=[
            (each.hash, mask_secrets(each.subject), session_link(each.session_id))
            for each in work.commits
        ],
        pull_requests=list(work.pull_requests),
        failures=text.failures(work),
    )


def _session(session_id: str, title: str, prompts: tuple[str, ...]) -> LogSession:
    asked = [mask_secrets(text.short_prompt(prompt)) for prompt in prompts]
    shown = mask_secrets(text.short_prompt(title)) or asked[0]
    others = [prompt for prompt in asked if prompt != shown]
    more = len(others) - _MOST_PROMPTS
    kept = others[:_MOST_PROMPTS] + ([f"and {more} more"] if more > 0 else [])
    return LogSession(shown, session_link(session_id), kept)
