"""Speech emotion recognition research that can be compared and repeated."""

__version__ = "0.1.0"
