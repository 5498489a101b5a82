"""The one place in `cli` that knows the adapters: settings in, ports out."""

import typer

from gridctl.cli.config import Overrides, Settings, load_settings
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.errors import UsageProblem


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
