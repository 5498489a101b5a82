"""One repository on GitHub, read through its REST API by PyGithub.

Every call is a GET that a read-only token may make (contents, pull requests and metadata: read), so a run for a fork
works as well. An answer is never retried: the gate says immediately that it could not check.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gridctl.errors import Unavailable, UsageProblem
from gridctl.gates.pr.model import ChangedPath, PullRequest, Review
from gridctl.gates.pr.ruleset import Rule, parse_live

if TYPE_CHECKING:
    from github.PullRequest import PullRequest as GithubPullRequest

PUBLIC_API = "https://api.github.com"
TIMEOUT_S = 20
CONNECT_ATTEMPTS = 2
_PAGE = 100


class GitHubRepository:
    """One repository; `name` is `owner/repository`.

    Without a token only public facts can be read. No call is made before the first question.
    """

    def __init__(self, name: str, token: str | None, api_url: str = PUBLIC_API) -> None:
        try:
            from github import Auth, Github
        except ImportError as error:
            raise UsageProblem(
                "the GitHub client is not installed", next_step="pip install 'gridctl[github]'"
            ) from error
        self._name = name
        self._client = Github(
            auth=Auth.Token(token) if token else None,
            base_url=api_url,
            timeout=TIMEOUT_S,
            retry=CONNECT_ATTEMPTS,
            per_page=_PAGE,
            # A gate asks a handful of questions, one after another; the library would pause between them.
            seconds_between_requests=None,
            lazy=True,
        )
        self._repository = self._client.get_repo(name)

    def pull_request(self, number: int) -> PullRequest:
        """Return the pull request as it is now."""
        with self._asking(f"pull request {number}"):
            pull = self._pull(number)
            return PullRequest(
                repository=self._name,
                number=number,
                author=pull.user.login if pull.user else None,
                body=pull.body or "",
                base=pull.base.sha,
                head=pull.head.sha,
            )

    def changed_paths(self, number: int) -> tuple[ChangedPath, ...]:
        """Return every path of the pull request; a rename counts with both names."""
        with self._asking(f"the files of pull request {number}"):
            announced = self._pull(number).changed_files
            files = self._pages(f"pulls/{number}/files")
            if len(files) != announced:
                # The API lists no more than 3,000 files; what it leaves out would be judged by nobody.
                raise Unavailable(
                    f"GitHub lists {len(files)} of {announced} changed files of pull request {number}",
                    next_step="let git say what changed: --base REV",
                )
            changed = [
                ChangedPath(row["filename"], None if row["status"] == "removed" else row["sha"]) for row in files
            ]
            renamed = [ChangedPath(row["previous_filename"]) for row in files if row.get("previous_filename")]
            return tuple(changed + renamed)

    def reviews(self, number: int) -> tuple[Review, ...]:
        """Return its reviews in the order in which they were given."""
        with self._asking(f"the reviews of pull request {number}"):
            given = self._pages(f"pulls/{number}/reviews")
            return tuple(
                Review(user=(review["user"] or {}).get("login"), state=review["state"], commit=review["commit_id"])
                for review in given
            )

    def file_at(self, revision: str, path: str) -> bytes | None:
        """Return the content of a file at a commit, or None where that commit has no such file."""
        from github import UnknownObjectException

        with self._asking(f"{path} at {revision}"):
            try:
                found = self._repository.get_contents(quote(path), ref=revision)
            except UnknownObjectException:
                # The answer is the same for a commit that the token may not see; only a seen commit lacks the file.
                self._get(f"commits/{quote(revision, safe='')}")
                return None
            if isinstance(found, list):
                raise Unavailable(f"{path} at {revision} is a directory, not a file")
            return found.decoded_content

    def branch_rules(self, branch: str) -> list[Rule]:
        """Return the active rules of a branch, of all rulesets, the organisation's included."""
        with self._asking(f"the rules of branch {branch}"):
            return parse_live(self._pages(f"rules/branches/{quote(branch, safe='')}"), self._name)

    def protected_checks(self, branch: str) -> dict[str, int | None]:
        """Return the checks that the classic protection of a branch requires, with the app that must report each."""
        with self._asking(f"branch {branch}"):
            answer = self._get(f"branches/{quote(branch, safe='')}")
            protection = (answer.get("protection") or {}) if answer["protected"] else {}
            required = (protection.get("required_status_checks") or {}).get("checks") or ()
            return {str(check["context"]): check.get("app_id") for check in required}

    def default_branch(self) -> str:
        """Return the name of the default branch."""
        with self._asking("the repository"):
            return self._repository.default_branch

    def _pull(self, number: int) -> "GithubPullRequest":
        return self._repository.get_pull(number)

    def _pages(self, path: str) -> list[Any]:
        """Return a whole list. The library treats an answer that is not a list as an empty one; this does not."""
        found: list[Any] = []
        while True:
            page = self._get(path, per_page=_PAGE, page=len(found) // _PAGE + 1)
            if not isinstance(page, list):
                raise TypeError(f"{path}: a list was expected, not {type(page).__name__}")
            found += page
            if len(page) < _PAGE:
                return found

    def _get(self, path: str, **parameters: Any) -> Any:
        _, answer = self._client.requester.requestJsonAndCheck("GET", f"/repos/{self._name}/{path}", parameters)
        return answer

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Translate everything that the library, the network or an odd answer can raise, once."""
        from github import GithubException
        from requests import RequestException

        try:
            yield
        except GithubException as error:
            said = error.data.get("message", "") if isinstance(error.data, dict) else ""
            raise Unavailable(
                f"GitHub does not answer for {what} of {self._name}: {error.status} {said}",
                next_step="check the token's permissions (contents, pull-requests: read) and the repository's name",
            ) from error
        except RequestException as error:
            raise Unavailable(
                f"GitHub cannot be reached for {what} of {self._name}: {type(error).__name__}",
                next_step="check the network and GITHUB_API_URL, then run again",
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
            raise Unavailable(f"GitHub's answer about {what} of {self._name} cannot be read: {error!r}") from error
