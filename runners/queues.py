"""The queues that wake-ups travel on, and which pool serves them. No I/O."""

GITHUB = "github"  # deliveries to decide, and what must follow on GitHub
WEBHOOKS = "webhooks"
MAINTENANCE = "maintenance"
DOCKER = "docker"  # runs of agents in a sandbox
CLAUDE_FLOW = "claude-flow"  # runs of swarms

POOLS = {"control": (GITHUB, WEBHOOKS, MAINTENANCE), "runs": (DOCKER, CLAUDE_FLOW)}
