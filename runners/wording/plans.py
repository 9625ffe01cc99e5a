"""The name by which a plan is approved: the same words have the same one, others another. Pure."""

from hashlib import sha256

PLANNED = "planned"  # the reason of a run that came to a plan, which is its detail
LONGEST_PLAN = 20_000  # bytes
DIGITS = 12


def plan_id(plan: str) -> str:
    """Twelve hexadecimal digits of the plan's SHA-256."""
    return sha256(plan.encode("utf-8", "replace")).hexdigest()[:DIGITS]
