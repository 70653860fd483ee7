"""The tests' simulated carrier as a process of its own: `python -m bench.carrier PORT LATENCY`."""

from __future__ import annotations

import signal
import sys

from tests.simulator.twilio import TwilioSimulator


def main(port: str, latency: str) -> None:
    simulator = TwilioSimulator(port=int(port))
    simulator.latency_seconds = float(latency)
    with simulator:
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main(*sys.argv[1:])
