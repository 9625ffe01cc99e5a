FROM python:3.12-slim
RUN apt-get update && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home bot \
    && install --directory --owner=bot --group=bot /data
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.lock
COPY app.yml ./
COPY config config
COPY runners runners
COPY handlers handlers
COPY bot bot
USER bot
VOLUME /data
ENTRYPOINT ["python", "-m", "bot"]
