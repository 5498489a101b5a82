"""What most commands need: settings in, ports out. Nothing but this package knows the adapters in `cli`."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gridctl.cli.extras import extra
from gridctl.cli.files import text_of
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gridctl.adapters.glue import GlueRegistry
    from gridctl.adapters.kafka.admin import KafkaTopics
    from gridctl.adapters.kafka.reader import KafkaReader
    from gridctl.adapters.login import Login
    from gridctl.adapters.redis_state import RedisState
    from gridctl.adapters.registry import HttpRegistry
    from gridctl.adapters.schema_ids import FallbackLookup
    from gridctl.cli.config import Settings
    from gridctl.cli.config.profile import Server
    from gridctl.gates.pr.model import CodeHost, History


def catalogue_of(settings: Settings) -> TopicCatalogue:
    """Return the topic catalogue of the schemas directory; UsageProblem when there is none."""
    path = settings.schemas_dir / "topics.toml"
    return parse_catalogue(text_of(path, "name the directory: -X schemas=DIR"), str(path))


def dead_letter_topics(settings: Settings) -> dict[str, str]:
    """Return the dead letter topic of each kind's topic; UsageProblem where kinds and topics.toml do not match."""
    from gridctl.contracts.kinds import KINDS
    from gridctl.governance.kinds import kind_findings

    catalogue = catalogue_of(settings)
    where = str(settings.schemas_dir / "topics.toml")
    for finding in kind_findings(KINDS, catalogue, where):
        raise UsageProblem(f"{finding.file}: {finding.message}", next_step=finding.fix or "")
    return {spec.name: spec.dlq for spec in catalogue.measurements if spec.dlq}


def topic_admin(settings: Settings) -> KafkaTopics:
    """Return the administration of the profile's broker."""
    from gridctl.adapters.kafka.admin import KafkaTopics

    return KafkaTopics(settings.endpoint("bootstrap"), settings.kafka)


def reader_of(settings: Settings) -> KafkaReader:
    """Return what reads ranges of topics of the profile's broker; a context manager."""
    from gridctl.adapters.kafka.reader import KafkaReader

    return KafkaReader(settings.endpoint("bootstrap"), settings.kafka)


def registry_of(settings: Settings) -> HttpRegistry:
    """Return the registry of the profile; a context manager."""
    return _http_registry(settings.endpoint("registry"), settings)


@contextmanager
def lookup_of(settings: Settings, warn: Callable[[str], None]) -> Iterator[FallbackLookup]:
    """Yield the look-up of schemas for a command that must start without the registry; `warn` is told when it does."""
    from gridctl.adapters.schema_ids import FallbackLookup

    with (
        registry_of(settings) as registry,
        FallbackLookup(registry, registry.url, settings.state_dir, warn) as lookup,
    ):
        yield lookup


def registry_at(url: str, settings: Settings) -> HttpRegistry | GlueRegistry:
    """Return the registry of an address, glue://REGION/NAME included; a context manager.

    An http(s) one is given the token and the TLS files that the settings name.
    """
    if not url.startswith("glue:"):
        return _http_registry(url, settings)
    with extra("aws", "Glue"):
        from gridctl.adapters.glue import GlueRegistry
    return GlueRegistry(url)


def _http_registry(url: str, settings: Settings) -> HttpRegistry:
    from gridctl.adapters.registry import HttpRegistry, RegistryOptions

    registry = settings.profile.registry
    return HttpRegistry(RegistryOptions(url, token=registry.secret("token"), **vars(login_of(registry))))


def redis_of(settings: Settings) -> RedisState:
    """Return the grid state in the Redis of the profile; the caller closes it."""
    from gridctl.adapters.redis_state import RedisState

    return RedisState(settings.endpoint("redis"), login_of(settings.profile.redis))


def login_of(server: Server, *, tls: bool = False) -> Login:
    """Return how to log in to a server; UsageProblem when a secret cannot be read."""
    from gridctl.adapters.login import Login

    return Login(
        username=server.username,
        password=server.secret("password"),
        ca_file=server.ca_file,
        cert_file=server.cert_file,
        key_file=server.key_file,
        tls=tls,
    )


def newest_schema(settings: Settings, subject: str) -> str:
    """Return the text of our newest version of a subject, `schemas/<subject>/vN.avsc`; UsageProblem without one."""
    from gridctl.adapters.schema_files import read_tree

    file = read_tree(settings.schemas_dir).newest(subject)
    if file is None:
        raise UsageProblem(
            f"{settings.schemas_dir / subject}: has no schema v1.avsc", next_step="name the directory: -X schemas=DIR"
        )
    return file.text


def code_host(repository: str, environ: Mapping[str, str]) -> CodeHost:
    """Return the repository on GitHub, or on the server that GITHUB_API_URL names; GITHUB_TOKEN where it is set."""
    from gridctl.adapters.github import PUBLIC_API, GitHubRepository

    token = environ.get("GITHUB_TOKEN")
    return GitHubRepository(repository, token or None, environ.get("GITHUB_API_URL") or PUBLIC_API)


def local_history() -> History:
    """Return the git repository around the working directory."""
    from gridctl.adapters.git import GitRepository

    return GitRepository(Path.cwd())
