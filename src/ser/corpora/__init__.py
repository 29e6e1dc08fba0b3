"""Corpora: what is known of each, how its file names are read, and the scan that turns a folder into a manifest."""
