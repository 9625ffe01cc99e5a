"""The queues that wake-ups travel on, and which pool serves them. No I/O."""

GITHUB = "github"  # deliveries to decide, and what must follow on GitHub
WEBHOOKS = "webhooks"
MAINTENANCE = "maintenance"
DOCKER = "docker"  # runs of agents in a sandbox
CLAUDE_FLOW = "claude-flow"  # runs of swarms

DELIVERY = "delivery"  # the wake-up of a delivery that is to be decided

POOLS = {"control": (GITHUB, WEBHOOKS, MAINTENANCE), "runs": (DOCKER, CLAUDE_FLOW)}
