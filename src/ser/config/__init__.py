"""From names on the command line to typed, checked settings.

Hydra composes the YAML groups of `conf/` (`composition`); each composed group names a component class by `_target_`,
and that frozen dataclass is its schema (`components`): what does not fit is refused before any work starts.
"""

from ser.config.components import build, components
from ser.config.composition import compose, expand, parse
from ser.config.settings import Settings, Tracking, load
from ser.pool import available_cores

__all__ = ["Settings", "Tracking", "available_cores", "build", "components", "compose", "expand", "load", "parse"]
