"""Settings that can't all be meant: each pair as one sentence that says what to do."""

from config.addresses import on_loopback, wrong_url
from config.fields import Fields
from config.lists import parts_of


def contradictions(settings: Fields) -> list[str]:
    """All of them; none where the settings fit together."""
    found = []
    if settings.github_base_url.startswith("http:") and not on_loopback(settings.github_base_url):
        found.append(
            "GITHUB_BASE_URL is plain http, which would send tokens in the clear; use https (http is for loopback only)"
        )
    if bool(settings.github_client_id) != bool(settings.github_client_secret):
        found.append("GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET go together; set both or neither")
    if bool(settings.github_app_id) != bool(settings.github_app_private_key):
        found.append("GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (or _FILE) go together; set both")
    if settings.database_url:
        found += wrong_url(
            "DATABASE_URL", settings.database_url, "postgresql://", "postgresql+psycopg://", "sqlite:///"
        )
    if settings.redis_url:
        found += wrong_url("REDIS_URL", settings.redis_url, "redis://", "rediss://", "unix://")
    if settings.runs_per_hour > settings.runs_per_day:
        found.append("RUNS_PER_HOUR is larger than RUNS_PER_DAY, so it would never be reached; lower it")
    found += contradicting_times(settings)
    if settings.environment == "production":
        found += production_contradictions(settings)
    return found


def contradicting_times(settings: Fields) -> list[str]:
    """Limits and times of which one makes the other pointless."""
    found = []
    if settings.github_writes_per_minute > settings.github_writes_per_hour:
        found.append("GITHUB_WRITES_PER_MINUTE is larger than GITHUB_WRITES_PER_HOUR; lower it")
    if settings.lease_seconds >= settings.run_minutes * 60:
        found.append(
            "LEASE_SECONDS is as long as a whole run may take (RUN_MINUTES), "
            "so a dead worker's run waits longer than it works; lower it"
        )
    if settings.drain_seconds is not None and settings.drain_seconds > settings.run_minutes * 60:
        found.append("DRAIN_SECONDS is longer than any run (RUN_MINUTES); unset it to let runs finish")
    return found


def production_contradictions(settings: Fields) -> list[str]:
    """What a trial may do and production may not."""
    found = []
    if settings.sandbox == "none":
        found.append("SANDBOX=none isolates nothing and is refused in production; unset it")
    if not settings.public_url.startswith("https:") and not on_loopback(settings.public_url):
        found.append("PUBLIC_URL is plain http in production; use https")
    if not parts_of(settings.secrets_master_key):
        found.append(
            "SECRETS_MASTER_KEY (or _FILE) is unset; "
            "production keeps its key apart from its data: openssl rand -base64 32"
        )
    return found
