"""The one place in `cli` that knows the adapters: settings in, ports out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gridctl.cli.config import Overrides, Settings, load_settings
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.adapters.registry import HttpRegistry


def settings_of(context: typer.Context) -> Settings:
    """Return the settings of this call."""
    overrides = context.obj if isinstance(context.obj, Overrides) else Overrides()
    return load_settings(overrides)


def catalogue_of(settings: Settings) -> TopicCatalogue:
    """Return the topic catalogue of the schemas directory; UsageProblem when there is none."""
    path = settings.schemas_dir / "topics.toml"
    try:
        return parse_catalogue(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(
            f"{path}: cannot be read: {error}", next_step="name the directory: -X schemas=DIR"
        ) from error


def registry_of(settings: Settings) -> HttpRegistry:
    """Return the registry of the profile; a context manager."""
    from gridctl.adapters.registry import HttpRegistry, RegistryOptions

    token_file = settings.profile.registry_token_file
    try:
        token = token_file.read_text(encoding="utf-8").strip() if token_file else None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{token_file}: cannot be read: {error}", next_step="mend registry_token_file") from error
    return HttpRegistry(
        RegistryOptions(
            settings.endpoint("registry"),
            token=token,
            ca_file=settings.profile.registry_ca_file,
            cert_file=settings.profile.registry_cert_file,
            key_file=settings.profile.registry_key_file,
        )
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
