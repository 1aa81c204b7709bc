FROM python:3.13-slim-bookworm AS build
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
RUN /venv/bin/python -m revenge.messages && /venv/bin/python -m compileall -q apps revenge

FROM python:3.13-slim-bookworm
RUN useradd --uid 1000 --create-home --home-dir /home/revenge revenge \
    && install -d -o revenge -g revenge /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER revenge
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 REVENGE_DATA_DIR=/data
VOLUME /data
EXPOSE 8096
# `up` runs the engines that no URL names and every process; the others run one part each.
ENTRYPOINT ["python", "manage.py"]
CMD ["up"]
