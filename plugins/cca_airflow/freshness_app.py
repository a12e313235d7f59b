"""`/cca/freshness`: how far the published figures are behind, for whoever is signed in."""

from pathlib import Path
from typing import Any

from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse

from cca.gold import runs
from cca.gold.freshness import freshness
from cca.settings import get_settings
from cca.timetable import PIPELINE


def app(card: Path) -> FastAPI:
    """The app; the card's script holds no data and is open, as Airflow's own scripts are."""
    api = FastAPI(title="cca", docs_url=None, redoc_url=None, openapi_url=None)

    @api.get("/freshness", dependencies=[Depends(get_user)])
    def read_freshness() -> dict[str, Any]:
        state, ended = freshness(get_settings()), runs.latest(get_settings(), PIPELINE)
        return {
            "newest_at": state.newest_at,
            "published_at": state.published_at,
            "is_behind": state.is_behind,
            "last_run": vars(ended[-1]) if ended else None,
        }

    @api.get(f"/static/{card.name}")
    def read_card() -> FileResponse:
        return FileResponse(card, media_type="text/javascript")

    return api
