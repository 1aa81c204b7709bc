"""The Celery application. Queues: critical, high, default, low, bulk."""

import gc
import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging, worker_before_create_process
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenge.settings")
# `prepare` has run Django's checks; here they would load every page into workers and beat.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("revenge")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_logging(**_: object) -> None:
    """Celery's own set-up would replace ours."""
    dictConfig(settings.LOGGING)


@worker_before_create_process.connect
def _share_memory(**_: object) -> None:
    """What is there before the fork is never garbage; untouched, its pages stay shared."""
    gc.collect()
    gc.freeze()
