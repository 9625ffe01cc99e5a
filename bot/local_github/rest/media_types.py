"""Texts as a page shows them too, for those who ask for that by GitHub's media types.

https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
"""

from bot.local_github.markdown import shown, text_of
from bot.local_github.rest.calls import Answer, Call
from bot.local_github.site import Json

OF_ISSUES = "github"
OF_REVIEWS = "github-commitcomment"  # so the documentation names them for pull requests, whatever is reviewed


def answered(call: Call, shape: Json, family: str = OF_ISSUES) -> Answer:
    """What has a `body`; with `Accept: application/vnd.FAMILY.full+json` also as HTML and as text."""
    if f"application/vnd.{family}.full+json" not in call.headers.get("accept", ""):
        return Answer(200, shape)
    html = shown(call.site, shape["body"] or "")
    said = {"X-GitHub-Media-Type": f"{family}.v3; param=full; format=json"}
    return Answer(200, {**shape, "body_html": html, "body_text": text_of(html)}, said)
