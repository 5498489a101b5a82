"""Questions to the parts of the platform, asked all at once: what is wrong, and what to do next."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from gridctl.contracts.addresses import without_password
from gridctl.contracts.registry import SchemaRegistry
from gridctl.contracts.topics import TopicCatalogue
from gridctl.errors import GridctlError, Unavailable
from gridctl.governance.stores import SchemaTree
from gridctl.governance.topics import LiveTopic, drift, plan


class Question(NamedTuple):
    """What is asked at an address; `ask` raises what is wrong."""

    name: str
    address: str
    ask: Callable[[], None]


@dataclass(frozen=True)
class Check:
    """The answer to a question, without passwords; no problem is an empty one."""

    name: str
    address: str
    problem: str = ""
    next_step: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the check as stable JSON."""
        return {**asdict(self), "ok": not self.problem}


def examine(questions: Iterable[Question]) -> list[Check]:
    """Ask all at once, and return the answers in the order of the questions."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_answer, questions))


def _answer(question: Question) -> Check:
    problem = next_step = ""
    try:
        question.ask()
    except GridctlError as error:
        problem, next_step = error.message, error.next_step
    except Exception as error:  # noqa: BLE001 -- one part's fault must not hide what is known of the others
        problem, next_step = f"unexpected {type(error).__name__}: {error}", "check the settings of this part"
    address, shown = question.address, without_password(question.address)
    return Check(question.name, shown, problem.replace(address, shown), next_step.replace(address, shown))


def require_topics(catalogue: TopicCatalogue, live: Mapping[str, LiveTopic]) -> None:
    """Raise Unavailable where the broker's topics are not as the catalogue declares them."""
    names = dict.fromkeys(change.topic for change in drift(catalogue, plan(catalogue, live)))
    if names:
        raise Unavailable(f"not as declared: {', '.join(names)}", next_step="run `gridctl topics plan`, then `apply`")


def require_schemas(tree: SchemaTree, registry: SchemaRegistry) -> None:
    """Raise Unavailable where the registry does not have the newest version of a subject."""
    absent = [
        f"{subject} v{files[-1].version}"
        for subject, files in tree.subjects.items()
        if registry.find(subject, files[-1].text) is None
    ]
    if absent:
        raise Unavailable(f"not registered: {', '.join(absent)}", next_step="run `gridctl schema register`")
