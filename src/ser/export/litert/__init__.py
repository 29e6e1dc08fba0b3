"""Trained networks as LiteRT files (TensorFlow Lite's format), for small devices."""
