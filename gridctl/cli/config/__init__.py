"""Settings: flag > GRIDCTL_* environment > profile of gridctl.toml > ~/.config > what `gridctl up` wrote > default.

`profile` says what can be set, `sources` reads each place, `settings` merges them into what is in force.
"""

from gridctl.cli.config.profile import Profile
from gridctl.cli.config.settings import Overrides, Settings, load_settings
from gridctl.cli.config.sources import ENDPOINT_OF_PART

__all__ = ["ENDPOINT_OF_PART", "Overrides", "Profile", "Settings", "load_settings"]
