"""Which requests a sandbox may make, and where each goes: an exact list, since the provider must not be a way out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from config.catalogue import provider_of
from config.settings import Settings
from runners.agents.adapter import Wire

MODEL = r"(?P<model>[A-Za-z0-9][A-Za-z0-9._-]{0,127})"
QUERY = {"beta": "true", "alt": "sse"}  # what a request may say in its address; all else is dropped
PASSED_ON = ("accept", "anthropic-version")
# Betas that change how a model is told or answers. Others are dropped: a provider that is not asked for one behaves as
# ever, or says what it misses; to refuse the request would stop an agent whenever its makers try something new.
BETAS = {
    "advanced-tool-use-2025-11-20",
    "cache-diagnosis-2026-04-07",
    "claude-code-20250219",
    "context-1m-2025-08-07",
    "context-hint-2026-04-09",
    "context-management-2025-06-27",
    "effort-2025-11-24",
    "extended-cache-ttl-2025-04-11",
    "fine-grained-tool-streaming-2025-05-14",
    "interleaved-thinking-2025-05-14",
    "mid-conversation-system-2026-04-07",
    "output-128k-2025-02-19",
    "pdfs-2024-09-25",
    "prompt-caching-2024-07-31",
    "prompt-caching-scope-2026-01-05",
    "redact-thinking-2026-02-12",
    "structured-outputs-2025-11-13",
    "structured-outputs-2025-12-15",
    "summarize-connector-text-2026-03-13",
    "task-budgets-2026-03-13",
    "thinking-token-count-2026-05-13",
    "token-efficient-tools-2025-02-19",
    "token-efficient-tools-2026-03-28",
}


@dataclass(frozen=True)
class Route:
    """One kind of request. `path` is ours, `upstream` what stands behind the provider's base URL."""

    wire: Wire
    path: re.Pattern[str]
    upstream: str
    charged: bool = True  # False where it costs nothing and takes no tokens

    @property
    def provider(self) -> str:
        """Whose key and prices."""
        return provider_of(self.wire)


def _route(wire: Wire, path: str, upstream: str, *, charged: bool = True) -> Route:
    return Route(wire, re.compile(path), upstream, charged)


ROUTES = (
    _route("anthropic", r"/anthropic/v1/messages", "/v1/messages"),
    _route("anthropic", r"/anthropic/v1/messages/count_tokens", "/v1/messages/count_tokens", charged=False),
    _route("openai-chat", r"/openai/v1/chat/completions", "/chat/completions"),
    _route("openai-responses", r"/openai/v1/responses", "/responses"),
    _route("gemini", rf"/gemini/v1beta/models/{MODEL}:generateContent", "/v1beta/models/{model}:generateContent"),
    _route(
        "gemini",
        rf"/gemini/v1beta/models/{MODEL}:streamGenerateContent",
        "/v1beta/models/{model}:streamGenerateContent",
    ),
    _route(
        "gemini",
        rf"/gemini/v1beta/models/{MODEL}:countTokens",
        "/v1beta/models/{model}:countTokens",
        charged=False,
    ),
)


def find(method: str, path: str) -> tuple[Route, str | None] | None:
    """The route of a request, and the model where the address names it; None where no request of that kind goes out."""
    for route in ROUTES if method == "POST" else ():
        if match := route.path.fullmatch(path):
            return route, match.groupdict().get("model")
    return None


def address(settings: Settings, route: Route, model: str | None, query: str) -> str:
    """Where the request goes."""
    base = {
        "anthropic": settings.anthropic_base_url,
        "openai": settings.openai_base_url,
        "gemini": settings.gemini_base_url,
    }
    kept = urlencode([(name, value) for name, value in parse_qsl(query) if QUERY.get(name) == value])
    return f"{base[route.provider]}{route.upstream.format(model=model)}" + (f"?{kept}" if kept else "")


def headers(settings: Settings, route: Route, given: Mapping[str, str]) -> dict[str, str]:
    """What the provider is told: ours, with the real key; of the sandbox's only what changes how it is answered."""
    kept = {name: given[name] for name in PASSED_ON if name in given}
    betas = [beta for beta in map(str.strip, given.get("anthropic-beta", "").split(",")) if beta in BETAS]
    if betas:
        kept["anthropic-beta"] = ",".join(betas)
    return {**kept, **_key(settings, route), "content-type": "application/json", "accept-encoding": "identity"}


def _key(settings: Settings, route: Route) -> dict[str, str]:
    name, secret = {
        "anthropic": ("x-api-key", settings.anthropic_api_key),
        "openai": ("authorization", settings.openai_api_key),
        "gemini": ("x-goog-api-key", settings.gemini_api_key),
    }[route.provider]
    if secret is None:  # a server of the operator's own may want none
        return {}
    return {name: ("Bearer " if name == "authorization" else "") + secret.get_secret_value()}
