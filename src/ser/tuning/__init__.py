"""Searching for the settings with the best development score."""
