"""People, organisations and bots, as GitHub shows them."""

from urllib.parse import quote

from bot.local_github.addresses import Addresses
from bot.local_github.records import User
from bot.local_github.shapes.texts import node_id
from bot.local_github.site import Json


def user(at: Addresses, record: User) -> Json:
    """A user inside any other object."""
    login = quote(record.login)
    api = at.api(f"/users/{login}")
    return {
        "login": record.login,
        "id": record.id,
        "node_id": node_id(record.type, record.id),
        "avatar_url": f"{at.url}/-/static/avatar.svg",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{at.url}/apps/{record.login.removesuffix('[bot]')}"
        if record.type == "Bot"
        else f"{at.url}/{login}",
        "followers_url": f"{api}/followers",
        "following_url": f"{api}/following{{/other_user}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{api}/subscriptions",
        "organizations_url": f"{api}/orgs",
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events{{/privacy}}",
        "received_events_url": f"{api}/received_events",
        "type": record.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def organisation(at: Addresses, record: User) -> Json:
    """The `organization` of a webhook."""
    api = at.api(f"/orgs/{record.login}")
    return {
        "login": record.login,
        "id": record.id,
        "node_id": node_id(record.type, record.id),
        "url": api,
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events",
        "hooks_url": f"{api}/hooks",
        "issues_url": f"{api}/issues",
        "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}",
        "avatar_url": f"{at.url}/-/static/avatar.svg",
        "description": None,
    }
