"""Architectures and classical estimators: features in, class probabilities out."""
