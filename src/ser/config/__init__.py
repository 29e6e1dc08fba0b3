"""From names on the command line to typed, checked settings.

Hydra composes the YAML groups of `conf/` (`composition`); each composed group names a component class by `_target_`,
and that frozen dataclass is its schema (`components`): what does not fit is refused before any work starts.
"""

from ser.config.components import build, checked, components
from ser.config.composition import compose, compose_apart, expand, parse
from ser.config.settings import OWN, Settings, load
from ser.config.space import Dimension, search_space
from ser.config.tracking import Tracking
from ser.pool import available_cores

__all__ = [
    "OWN",
    "Dimension",
    "Settings",
    "Tracking",
    "available_cores",
    "build",
    "checked",
    "components",
    "compose",
    "compose_apart",
    "expand",
    "load",
    "parse",
    "search_space",
]
