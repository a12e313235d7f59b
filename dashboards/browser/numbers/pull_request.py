"""What the figures are of where one pull request is chosen: its own part, or whole sessions."""

from cca.dashboards.browser.numbers.parts import Caption
from cca.dashboards.browser.numbers.reader import ANSWERED, FILTERED, OF_MODEL, Asked
from cca.dashboards.browser.numbers.write import Figure, money
from cca.gold.measures import usage
from cca.gold.measures.select import select

_OWN = select([usage.COST_USD], where=ANSWERED)
_OF_SESSIONS = select([usage.COST_USD], where=f"{FILTERED} {OF_MODEL}")
# By what the facts of a page know: their response, their session alone, or some of each.
_TEXTS = {
    "responses": (
        "The figures are its own: the responses that belong to it, {own}. The whole sessions that "
        "worked on it cost {whole}."
    ),
    "both": (
        "Cost, tokens and responses are its own, {own}. Sessions, prompts and calls are those of "
        "the whole sessions that worked on it, which cost {whole}."
    ),
    "sessions": (
        "The figures are those of the whole sessions that worked on it, which cost {whole}. Its "
        "own responses cost {own}."
    ),
}


def caption(asked: Asked, facts: str) -> Caption:
    text = _TEXTS[facts].format(own=_cost(asked, _OWN), whole=_cost(asked, _OF_SESSIONS))
    way = ("Cost by pull request", asked.choice.link("causes", cause="pull_request", of=""))
    return Caption(asked.choice.pr, text, way)


def _cost(asked: Asked, sql: str) -> Figure:
    return money(asked.rows(sql)[0][usage.COST_USD.name])
