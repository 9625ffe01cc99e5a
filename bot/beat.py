"""The beat process: wakes the workers for what is due. It may run never, once or twice: timer loops know it all too.

Apart from the worker, so that it loads nothing of what workers do.
"""

from config import logging
from config.settings import load
from runners.queue import celery_app
from runners.queues import MAINTENANCE

BEAT_SECONDS = 5.0


def main() -> None:
    """Wakes the maintenance queue every few seconds."""
    settings = load()
    logging.set_up(settings, "beat")
    app = celery_app(settings)
    every = {"task": "sweep", "schedule": BEAT_SECONDS, "args": ["beat"], "options": {"queue": MAINTENANCE}}
    app.conf.beat_schedule = {"sweep": every}
    # In memory: a file would only remember when it last did what it does every few seconds.
    app.start(["--quiet", "beat", "--scheduler=celery.beat:Scheduler", "--pidfile=", "--loglevel=WARNING"])
