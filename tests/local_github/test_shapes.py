"""Every answer is held against GitHub's own schema, as githubkit's models were generated from it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from githubkit_schemas.v2022_11_28 import models
from pydantic import TypeAdapter

from bot.local_github import LocalGitHub
from tests.local_github.callers import Api
from tests.local_github.conftest import REPO, plant, planted


class Scene:
    """A repository in which everything was made once over the API."""

    def __init__(self, hub: LocalGitHub, api: Api) -> None:
        self.hub, self.api = hub, api
        self.main = hub.branches(REPO)["main"]
        hub.open_issue(REPO, "It is wrong", "very", by="sam")
        self.head = hub.commit(REPO, "topic", {"till/basket.py": "limit = 9\n", "new.txt": "new\n"}, by="mona")
        self.comment = hub.comment(REPO, 1, "/async-code implement", by="mona")
        self.pull = api.repo("POST", "/pulls", json={"title": "Better", "head": "topic", "base": "main"}).json()
        note = {"path": "new.txt", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "look"}
        output = {"title": "t", "summary": "s", "annotations": [note]}
        check = {"name": "async-code / mend", "head_sha": self.head, "output": output}
        self.check = api.repo("POST", "/check-runs", json=check).json()
        api.repo("POST", f"/issues/comments/{self.comment.id}/reactions", json={"content": "eyes"})
        given = {"event": "COMMENT", "comments": [{"path": "new.txt", "line": 1, "body": "Why?"}]}
        self.review = api.repo("POST", "/pulls/2/reviews", json=given).json()
        self.remark = hub.review_comments(REPO, 2)[0]
        hub.reply_on_line(REPO, self.remark.id, "Because.", by="mona")
        hub.resolve_thread(REPO, self.remark.id, by="mona")
        self.draft = {"message": "Better", "tree": hub.commit_at(REPO, "topic").tree, "parents": [self.main]}
        hub.settle()
        self.delivery = hub.deliveries[-1]

    def get(self, path: str) -> httpx.Response:
        return self.api.repo("GET", path)

    def post(self, path: str, given: dict[str, Any], method: str = "POST") -> httpx.Response:
        return self.api.repo(method, path, json=given)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with planted(tmp_path_factory.mktemp("scene")) as hub, Api(hub) as api:
        plant(hub)
        yield Scene(hub, api)


Ask = Callable[[Scene], httpx.Response]
EXCHANGES: dict[str, tuple[Any, int, Ask]] = {
    "app": (models.Integration, 200, lambda s: s.api.as_app("GET", "/app")),
    "installations": (list[models.Installation], 200, lambda s: s.api.as_app("GET", "/app/installations")),
    "installation": (
        models.Installation,
        200,
        lambda s: s.api.as_app("GET", f"/app/installations/{s.hub.install('octo-org').id}"),
    ),
    "token": (models.InstallationToken, 201, lambda s: s.api.new_token()),
    "narrow token": (models.InstallationToken, 201, lambda s: s.api.new_token({"repositories": ["till"]})),
    "own repositories": (
        models.InstallationRepositoriesGetResponse200,
        200,
        lambda s: s.api.call("GET", "/installation/repositories"),
    ),
    "deliveries": (list[models.HookDeliveryItem], 200, lambda s: s.api.as_app("GET", "/app/hook/deliveries")),
    "delivery": (models.HookDelivery, 200, lambda s: s.api.as_app("GET", f"/app/hook/deliveries/{s.delivery.id}")),
    "repository": (models.FullRepository, 200, lambda s: s.get("")),
    "repository by id": (
        models.FullRepository,
        200,
        lambda s: s.api.call("GET", f"/repositories/{s.hub.repository(REPO).id}"),
    ),
    "role": (models.RepositoryCollaboratorPermission, 200, lambda s: s.get("/collaborators/mona/permission")),
    "issue": (models.Issue, 200, lambda s: s.get("/issues/1")),
    "pull as issue": (models.Issue, 200, lambda s: s.get("/issues/2")),
    "comments": (list[models.IssueComment], 200, lambda s: s.get("/issues/1/comments")),
    "comment": (models.IssueComment, 200, lambda s: s.get(f"/issues/comments/{s.comment.id}")),
    "new comment": (models.IssueComment, 201, lambda s: s.post("/issues/1/comments", {"body": "hello"})),
    "changed comment": (
        models.IssueComment,
        200,
        lambda s: s.post(f"/issues/comments/{s.comment.id}", {"body": "other"}, "PATCH"),
    ),
    "reactions": (list[models.Reaction], 200, lambda s: s.get(f"/issues/comments/{s.comment.id}/reactions")),
    "new reaction": (models.Reaction, 201, lambda s: s.post("/issues/1/reactions", {"content": "rocket"})),
    "pulls": (list[models.PullRequestSimple], 200, lambda s: s.get("/pulls")),
    "pull": (models.PullRequest, 200, lambda s: s.get("/pulls/2")),
    "changed pull": (models.PullRequest, 200, lambda s: s.post("/pulls/2", {"title": "Best"}, "PATCH")),
    "files": (list[models.DiffEntry], 200, lambda s: s.get("/pulls/2/files")),
    "reviewers": (
        models.PullRequestSimple,
        201,
        lambda s: s.post("/pulls/2/requested_reviewers", {"reviewers": ["mona"]}),
    ),
    "reviews": (list[models.PullRequestReview], 200, lambda s: s.get("/pulls/2/reviews")),
    "review": (models.PullRequestReview, 200, lambda s: s.get(f"/pulls/2/reviews/{s.review['id']}")),
    "new review": (
        models.PullRequestReview,
        200,
        lambda s: s.post("/pulls/2/reviews", {"event": "COMMENT", "body": "Fine"}),
    ),
    "comments of a review": (
        list[models.ReviewComment],
        200,
        lambda s: s.get(f"/pulls/2/reviews/{s.review['id']}/comments"),
    ),
    "comments on lines": (list[models.PullRequestReviewComment], 200, lambda s: s.get("/pulls/2/comments")),
    "comment on a line": (
        models.PullRequestReviewComment,
        200,
        lambda s: s.get(f"/pulls/comments/{s.remark.id}"),
    ),
    "new comment on a line": (
        models.PullRequestReviewComment,
        201,
        lambda s: s.post(
            "/pulls/2/comments", {"path": "new.txt", "line": 1, "side": "RIGHT", "body": "Why?", "commit_id": s.head}
        ),
    ),
    "new answer": (
        models.PullRequestReviewComment,
        201,
        lambda s: s.post(f"/pulls/2/comments/{s.remark.id}/replies", {"body": "So."}),
    ),
    "reaction to a comment on a line": (
        models.Reaction,
        201,
        lambda s: s.post(f"/pulls/comments/{s.remark.id}/reactions", {"content": "eyes"}),
    ),
    "refused review": (models.ValidationErrorSimple, 422, lambda s: s.post("/pulls/2/reviews", {"event": "COMMENT"})),
    "branch": (models.BranchWithProtection, 200, lambda s: s.get("/branches/topic")),
    "ref": (models.GitRef, 200, lambda s: s.get("/git/ref/heads/topic")),
    "new ref": (models.GitRef, 201, lambda s: s.post("/git/refs", {"ref": "refs/heads/b", "sha": s.main})),
    "refs": (list[models.GitRef], 200, lambda s: s.get("/git/matching-refs/heads/")),
    "commit": (models.Commit, 200, lambda s: s.get("/commits/topic")),
    "new commit": (models.GitCommit, 201, lambda s: s.post("/git/commits", s.draft)),
    "verified commit": (
        models.Commit,
        200,
        lambda s: s.get(f"/commits/{s.post('/git/commits', s.draft).json()['sha']}"),
    ),
    "check": (models.CheckRun, 200, lambda s: s.get(f"/check-runs/{s.check['id']}")),
    "changed check": (
        models.CheckRun,
        200,
        lambda s: s.post(f"/check-runs/{s.check['id']}", {"conclusion": "success"}, "PATCH"),
    ),
    "checks": (
        models.ReposOwnerRepoCommitsRefCheckRunsGetResponse200,
        200,
        lambda s: s.get("/commits/topic/check-runs"),
    ),
    "annotations": (list[models.CheckAnnotation], 200, lambda s: s.get(f"/check-runs/{s.check['id']}/annotations")),
    "file": (models.ContentFile, 200, lambda s: s.get("/contents/till/basket.py")),
    "directory": (list[models.ContentDirectoryItems], 200, lambda s: s.get("/contents/till")),
    "rate limit": (models.RateLimitOverview, 200, lambda s: s.api.call("GET", "/rate_limit")),
    "meta": (models.ApiOverview, 200, lambda s: s.api.http.get("/meta")),
    "not found": (models.BasicError, 404, lambda s: s.get("/issues/99")),
    "refused": (models.ValidationError, 422, lambda s: s.post("/issues/1/comments", {"body": "x" * 65537})),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_answer_has_the_shape_of_githubs_own_schema(name: str, scene: Scene) -> None:
    model, status, ask = EXCHANGES[name]
    answer = ask(scene)
    assert answer.status_code == status, answer.text
    TypeAdapter(model).validate_python(answer.json())


WEBHOOKS: dict[str, Any] = {
    "issues.opened": models.WebhookIssuesOpened,
    "issue_comment.created": models.WebhookIssueCommentCreated,
    "pull_request.opened": models.WebhookPullRequestOpened,
    "pull_request_review.submitted": models.WebhookPullRequestReviewSubmitted,
    "pull_request_review_comment.created": models.WebhookPullRequestReviewCommentCreated,
    "pull_request_review_thread.resolved": models.WebhookPullRequestReviewThreadResolved,
    "check_run.created": models.WebhookCheckRunCreated,
    "installation.created": models.WebhookInstallationCreated,
}


@pytest.mark.parametrize("name", WEBHOOKS)
def test_a_webhook_has_the_shape_of_githubs_own_schema(name: str, scene: Scene) -> None:
    event, _, action = name.partition(".")
    sent = next(one for one in scene.hub.deliveries if (one.event, one.action) == (event, action))
    TypeAdapter(WEBHOOKS[name]).validate_python(sent.payload)
