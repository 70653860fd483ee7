"""Twilio's own opt-out: it blocks by itself, answers in its own name, and still shows us the text."""

from __future__ import annotations

from dataclasses import dataclass, field

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

STOP_REPLY = "You have been unsubscribed and get no more messages from us. Reply START to get them again."
START_REPLY = "You get messages from us again. Reply STOP to end them."
HELP_REPLY = "Reply STOP to end these messages. Message and data rates may apply."


@dataclass(frozen=True)
class Heard:
    """What Twilio made of a text before it told us."""

    kind: str | None = None
    reply: str | None = None


@dataclass
class OptOuts:
    """A block holds between a customer and one sender: our number, or the whole messaging service it belongs to.

    Only a whole text counts as a word ("Stop please" is none). `is_advanced`: the kind of word travels in the webhook,
    and `more_stop_words` may name words of other languages.
    """

    is_advanced: bool = False
    more_stop_words: frozenset[str] = frozenset()
    blocked: set[tuple[str, str]] = field(default_factory=set)

    def hear(self, *, sender: str, number: str, body: str) -> Heard:
        word = body.strip().upper()
        key = (sender, number)
        if word in STOP_WORDS or (self.is_advanced and word in self.more_stop_words):
            is_news = key not in self.blocked
            self.blocked.add(key)
            return Heard("STOP", STOP_REPLY if is_news else None)
        if word in START_WORDS:
            was_blocked = key in self.blocked
            self.blocked.discard(key)
            return Heard("START", START_REPLY if was_blocked else None)
        if word in HELP_WORDS:
            return Heard("HELP", HELP_REPLY)
        return Heard()

    def blocks(self, *, sender: str, number: str) -> bool:
        return (sender, number) in self.blocked
