# docker build .                   the HTTP service; its stage `app` is ser with all that the services of compose.yaml need
# docker build --target demo .     builds only if `make demo` passes
# docker build --target test .     builds only if `make test` passes
# Every step is one of the Makefile's, so that what runs in an image is what runs without one.

FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    MLFLOW_DISABLE_TELEMETRY=true DVC_NO_ANALYTICS=1
# Volumes take over the owner of the folder that they are mounted at.
RUN useradd --create-home --uid 1000 ser && mkdir /ser /lab /artifacts && chown ser:ser /ser /lab /artifacts

FROM base AS tools
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_CACHE_DIR=/var/cache/pip
USER ser
WORKDIR /ser

# In each stage that builds, the lock comes before the sources: the libraries are fetched again only when it changes.
# Sources that were cloned since then look newer to make than the libraries; `touch` says that they belong together.
FROM tools AS demo
COPY --chown=ser:ser Makefile requirements.lock ./
RUN --mount=type=cache,target=/var/cache/pip,uid=1000,gid=1000 make libraries
COPY --chown=ser:ser . .
# DVC works in a git repository, and this one's history stays outside.
RUN touch .venv/.installed && git init --quiet
RUN make demo

FROM tools AS test
ENV LOCK=requirements-dev.lock
COPY --chown=ser:ser Makefile requirements-dev.lock ./
RUN --mount=type=cache,target=/var/cache/pip,uid=1000,gid=1000 make libraries
COPY --chown=ser:ser . .
RUN touch .venv/.installed && git init --quiet
RUN make test

FROM tools AS build
ENV LOCK=requirements-serve.lock
COPY --chown=ser:ser Makefile requirements-serve.lock ./
RUN --mount=type=cache,target=/var/cache/pip,uid=1000,gid=1000 make libraries
COPY --chown=ser:ser . .
RUN touch .venv/.installed
RUN make setup

# No compiler, git or make, and nothing of /ser can be changed by the user that runs it.
FROM base AS app
COPY --from=build --chown=root:root /ser/.venv /ser/.venv
COPY src /ser/src
COPY conf /ser/conf
COPY experiments /ser/experiments
COPY --chown=ser:ser examples /lab/examples
ENV PATH=/ser/.venv/bin:$PATH
USER ser
WORKDIR /lab
ENTRYPOINT ["ser"]
CMD ["--help"]

FROM app AS serve
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
