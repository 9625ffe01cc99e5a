"""All experiments by name, and the databases that each is made on."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.chaos import crashes, deliveries, limits, neighbours, outages, power, standstills, traffic
from tests.chaos.rows import Experiment

BOTH = ("sqlite", "postgres")


class Entry(NamedTuple):
    """An experiment, and where it takes place."""

    measure: Experiment
    databases: Sequence[str] = BOTH


EXPERIMENTS = {
    "deliveries": Entry(deliveries.measure),
    "standstills": Entry(standstills.measure),
    "crashes": Entry(crashes.measure),
    "web-down": Entry(traffic.web_down),
    "unwanted": Entry(traffic.unwanted),
    "without-redis": Entry(outages.without_redis),
    "redis-half-open": Entry(outages.redis_half_open),
    "postgres-restarted": Entry(outages.postgres_restarted, ("postgres",)),
    "power": Entry(power.measure, ("sqlite",)),
    "limits": Entry(limits.measure),
    "poison": Entry(neighbours.poison),
    "rolling-restart": Entry(neighbours.rolling_restart),
}
