"""Whose approval stands."""

from collections.abc import Iterable

from gridctl.gates.pr.model import PullRequest, Review, login

_OPINIONS = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}


def standing_approvals(reviews: Iterable[Review], pull_request: PullRequest) -> frozenset[str]:
    """Return who approves this commit. `reviews` are in the order in which they were given.

    Of each person the latest opinion counts; a comment is none. An approval of an earlier commit does not count: what
    was pushed afterwards has been approved by nobody. The author never approves.
    """
    latest: dict[str, Review] = {}
    for review in reviews:
        if review.user is not None and review.state in _OPINIONS:
            latest[login(review.user)] = review
    return frozenset(
        user
        for user, review in latest.items()
        if review.state == "APPROVED"
        and review.commit == pull_request.head
        and user != login(pull_request.author or "")
    )
