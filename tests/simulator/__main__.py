"""Run the simulator by hand: a page shows the phones, answers for the customers and chooses Twilio's faults.

`make run TWILIO=simulator` starts it beside the company.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading

from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, TwilioSimulator

RECEIPTS = ("sending", "sent", "delivered")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--service", default="http://127.0.0.1:8000", help="public address of the service")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds each send takes")
    parser.add_argument("--no-receipts", action="store_true", help="send no status callbacks")
    options = parser.parse_args()
    token = os.environ.get("TWILIO_AUTH_TOKEN") or AUTH_TOKEN
    simulator = TwilioSimulator(port=options.port, auth_token=token)
    simulator.latency_seconds = options.latency
    simulator.receipts = () if options.no_receipts else RECEIPTS
    simulator.habits.apart_seconds = 0.5
    simulator.inbound_url = f"{options.service.rstrip('/')}/twilio/inbound"
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with simulator:
        print(f"The simulated Twilio is at {simulator.url}. Start the service with", flush=True)
        shown = AUTH_TOKEN if token == AUTH_TOKEN else "<as here>"
        print(f"  TWILIO_ACCOUNT_SID={ACCOUNT_SID} TWILIO_AUTH_TOKEN={shown} TWILIO_FROM={FROM_NUMBER} \\")
        print(f"  TWILIO_API_BASE_URL={simulator.url} PUBLIC_URL={options.service}", flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
