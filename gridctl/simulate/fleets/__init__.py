"""The fleets that can be simulated: each module here is one, and a command of `gridctl simulate` by its name."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from gridctl.simulate.fleet import Fleet

FLEETS: Mapping[str, type[Fleet]] = {
    module.name: import_module(f"{__name__}.{module.name}").FLEET for module in iter_modules(__path__)
}
