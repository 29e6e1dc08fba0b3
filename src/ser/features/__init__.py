"""Features: frame-level maths, the recipes built from it, the store that keeps results, and the extraction."""
