"""What Prometheus sees. With several web processes PROMETHEUS_MULTIPROC_DIR joins their figures."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

requests = Counter("huifang_requests_total", "Requests answered", ["method", "route", "status"])
request_seconds = Histogram(
    "huifang_request_seconds",
    "Time to answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
webhooks_refused = Counter("huifang_webhooks_refused_total", "Webhooks with a wrong signature", ["kind"])
sms_calls = Counter("huifang_sms_calls_total", "Calls to the SMS carrier", ["provider", "outcome"])
sms_call_seconds = Histogram(
    "huifang_sms_call_seconds",
    "Time until the SMS carrier answered",
    ["provider"],
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30),
)
sms_callbacks = Counter("huifang_sms_callbacks_total", "News of texts from the SMS carrier", ["provider", "verdict"])
streams = Gauge("huifang_live_streams", "Open live streams", multiprocess_mode="livesum")


def render(extra: dict[str, float]) -> bytes:
    """The text format; `extra` are gauges read from the database at this moment."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        shared = generate_latest(registry)
    else:
        shared = generate_latest()
    now = CollectorRegistry()
    for name, value in extra.items():
        Gauge(name, name.replace("_", " "), registry=now).set(value)
    return shared + generate_latest(now)
