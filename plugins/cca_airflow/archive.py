"""Where the archive is, as Airflow knows it."""

from contextlib import AbstractContextManager, nullcontext

from include.settings import Settings

CONNECTION = "cca_mongo"


def mongo(settings: Settings) -> AbstractContextManager[str]:
    """The archive's address: connection `cca_mongo` where there is one, else by the settings."""
    from airflow.providers.mongo.hooks.mongo import MongoHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from include.embedded.mongod import serving_mongo

    try:
        return nullcontext(MongoHook(CONNECTION).uri)
    except AirflowNotFoundException:
        return serving_mongo(settings)
