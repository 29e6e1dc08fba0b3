"""The machine and the packages a run was made with, as text."""

from __future__ import annotations

import importlib.metadata
import platform

from ser import __version__
from ser.config import available_cores

_MOVERS = ("numpy", "scipy", "scikit-learn", "numba", "torch", "soundfile", "soxr")


def describe() -> str:
    """List Python, processor, cores and every installed distribution with its version, one a line."""
    packages = sorted(
        {f"{distribution.name}=={distribution.version}" for distribution in importlib.metadata.distributions()},
        key=str.lower,
    )
    head = [
        f"ser {__version__}",
        f"python {platform.python_version()}",
        f"platform {platform.platform()}",
        f"processor {processor()}",
        f"cores {available_cores()}",
    ]
    return "\n".join([*head, "", *packages]) + "\n"


def movers() -> dict[str, str]:
    """Name the machine, and the versions of Python, `ser` and the packages whose arithmetic can move a result."""
    versions = {name: importlib.metadata.version(name) for name in _MOVERS}
    machine = {"processor": processor(), "platform": f"{platform.system()} {platform.machine()}"}
    return {**machine, "python": platform.python_version(), "ser": __version__, **versions}


def processor() -> str:
    """Name the processor, as the operating system does."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
