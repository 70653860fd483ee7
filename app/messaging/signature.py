"""Is this webhook from Twilio? All parameters count, and the address is the public one from settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.messaging.providers.twilio import RequestValidator

Form = Mapping[str, str | Sequence[str]]


class _Params(dict[str, list[str]]):
    """The shape that the SDK reads repeated names from."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def is_genuine(url: str, params: Form | str, signature: str, *, tokens: Sequence[str]) -> bool:
    """True when any of `tokens` (the present one, and the old one during rotation) signed `params` for `url`.

    `params` are all posted parameters, or the raw body when the address carries its hash (bodySHA256).
    """
    if not signature:
        return False
    plain = params if isinstance(params, str) else _listed(params)
    return any(RequestValidator(token).validate(url, plain, signature) for token in tokens if token)


def public_url(base: str, path: str, query: str) -> str:
    """The address as Twilio called it; proxies may have changed scheme, host and port on the way to us."""
    return f"{base.rstrip('/')}{path}" + (f"?{query}" if query else "")


def _listed(params: Form) -> _Params:
    return _Params({name: [value] if isinstance(value, str) else list(value) for name, value in params.items()})
