# One image for mocks, core, judge and load. Nothing is built in the second stage, so that no build tool, no cache
# and no setting of the machine that builds gets into it; packages come from wherever the builder's pip is told to.
FROM python:3.11-slim-bookworm AS build
COPY requirements-runtime.lock /build/
RUN python3 -m venv /opt/rehearse \
    && /opt/rehearse/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        --requirement /build/requirements-runtime.lock \
    && /opt/rehearse/bin/pip uninstall --quiet --yes pip setuptools
COPY mocks /srv/rehearse/mocks
COPY integration_core /srv/rehearse/integration_core
COPY contracts /srv/rehearse/contracts
COPY scenarios /srv/rehearse/scenarios
COPY load /srv/rehearse/load
COPY deploy/core.sh /srv/rehearse/core.sh
# The file system is read-only when it runs: what is not compiled now would be compiled at every start.
RUN /opt/rehearse/bin/python -m compileall -q /srv/rehearse && chmod 0755 /srv/rehearse/core.sh

FROM python:3.11-slim-bookworm
# Volumes take the owner of the folder that they are laid over.
RUN groupadd --gid 10001 rehearse \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin rehearse \
    && mkdir /estate /settings /scrape /data /load /reports \
    && chown 10001:10001 /estate /settings /scrape /data /load /reports
COPY --from=build /opt/rehearse /opt/rehearse
COPY --from=build /srv/rehearse /srv/rehearse
ENV PATH=/opt/rehearse/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/srv/rehearse \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
WORKDIR /srv/rehearse
USER 10001:10001
CMD ["python", "-m", "scenarios.cli", "--help"]
