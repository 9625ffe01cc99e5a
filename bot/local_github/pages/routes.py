"""The addresses of the pages."""

from starlette.routing import BaseRoute, Route

from bot.local_github.pages.acts import Acts
from bot.local_github.pages.frame import Frame, Made, View, Visit
from bot.local_github.pages.images import Images
from bot.local_github.pages.review_acts import ReviewActs
from bot.local_github.pages.views import Views
from bot.local_github.pages.writing_acts import WritingActs
from bot.local_github.refusals import not_found
from bot.local_github.site import Site


def page_routes(site: Site) -> list[BaseRoute]:
    """Pages and forms; whatever is not known is a page that says so."""
    frame, views, acts, review_acts = Frame(site), Views(site), Acts(site), ReviewActs(site)
    images, writing_acts = Images(site), WritingActs(site)
    repo = "/{owner}/{repo}"
    number = "/{number:int}"
    seen: list[tuple[str, View]] = [
        ("/", views.home),
        ("/-/revision", views.revision),
        ("/-/static/{name}", views.static),
        ("/user-attachments/assets/{uuid}", images.named),
        ("/private-user-images/{rest:path}", images.signed),
        ("/-/deliveries", views.deliveries),
        ("/-/deliveries/{delivery_id:int}", views.delivery),
        (repo, views.repository),
        (f"{repo}/tree/{{rest:path}}", views.repository),
        (f"{repo}/blob/{{rest:path}}", views.file),
        (f"{repo}/raw/{{rest:path}}", views.raw),
        (f"{repo}/commit/{{sha}}", views.commit),
        (f"{repo}/issues", views.issues),
        (f"{repo}/issues/new", views.new_issue),
        (f"{repo}/issues{number}", views.issue),
        (f"{repo}/pulls", views.pulls),
        (f"{repo}/pull{number}", views.pull),
        (f"{repo}/pull{number}.diff", views.diff),
        (f"{repo}/runs/{{check_id:int}}", views.check),
    ]
    taken: list[tuple[str, View]] = [
        (f"{repo}/issues", acts.open_issue),
        (f"{repo}/issues{number}/comments", acts.comment),
        (f"{repo}/issues{number}/state", acts.set_state),
        (f"{repo}/issues{number}/labels", acts.label),
        (f"{repo}/issues{number}/comments/{{comment_id:int}}/delete", acts.delete),
        (f"{repo}/issues{number}/comments/{{comment_id:int}}/edit", writing_acts.edit),
        (f"{repo}/files", writing_acts.write),
        (f"{repo}/pull{number}/checks", writing_acts.fail),
        (f"{repo}/pull{number}/reviews", review_acts.review),
        (f"{repo}/pull{number}/comments", review_acts.comment),
        (f"{repo}/pull{number}/comments/{{comment_id:int}}/replies", review_acts.reply),
        (f"{repo}/pull{number}/comments/{{comment_id:int}}/resolve", review_acts.resolve),
        (f"{repo}/runs/{{check_id:int}}/rerun", acts.rerun),
        (f"{repo}/runs/{{check_id:int}}/press", acts.press),
        ("/-/deliveries/{delivery_id:int}/again", acts.redeliver),
    ]
    return [
        *(Route(path, frame.shows(view), methods=["GET"]) for path, view in seen),
        *(Route(path, frame.takes(view), methods=["POST"]) for path, view in taken),
        Route("/{rest:path}", frame.shows(_nothing), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _nothing(_: Visit) -> Made:
    raise not_found()
