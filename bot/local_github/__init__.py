"""A GitHub on loopback: REST, webhooks, git over HTTP and pages, for the demo, for tests and for chaos runs."""

from bot.local_github.hub import LocalGitHub

__all__ = ["LocalGitHub"]
