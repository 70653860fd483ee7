"""Run the simulator by hand: it prints what it is asked to send, and each line typed is a customer's answer."""

from __future__ import annotations

import argparse
import sys

import requests

from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, SimulatedMessage, TwilioSimulator


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--service", default="http://127.0.0.1:8000", help="public address of the service")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds each send takes")
    parser.add_argument("--no-receipts", action="store_true", help="send no status callbacks")
    options = parser.parse_args()
    simulator = TwilioSimulator(port=options.port)
    simulator.latency_seconds = options.latency
    simulator.receipts = () if options.no_receipts else ("sending", "sent", "delivered")
    simulator.on_message = _show
    with simulator:
        print(f"Twilio simulator at {simulator.url}. Start the service with")
        print(f"  TWILIO_ACCOUNT_SID={ACCOUNT_SID} TWILIO_AUTH_TOKEN={AUTH_TOKEN} TWILIO_FROM={FROM_NUMBER} \\")
        print(f"  TWILIO_API_BASE_URL={simulator.url} PUBLIC_URL={options.service}")
        print("Answer as a customer with: +85291234567 1")
        _read_answers(simulator, options.service)


def _show(message: SimulatedMessage) -> None:
    print(f"-> {message.to}: {message.body}", flush=True)


def _read_answers(simulator: TwilioSimulator, service: str) -> None:
    try:
        for line in sys.stdin:
            sender, _, body = line.strip().partition(" ")
            if sender.startswith("+") and body:
                print(f"<- {sender}: {body} ({_deliver(simulator, service, sender, body)})", flush=True)
    except KeyboardInterrupt:
        return


def _deliver(simulator: TwilioSimulator, service: str, sender: str, body: str) -> str:
    try:
        status = simulator.text_in(to_url=f"{service}/twilio/inbound", sender=sender, body=body)
    except requests.RequestException as error:
        return f"the service did not answer: {type(error).__name__}"
    return f"answered {status}"


if __name__ == "__main__":
    main()
