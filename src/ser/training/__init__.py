"""Fitting a model to one fold, and many folds in parallel."""
