"""What the service and the page know of addresses."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts that this machine alone can reach."""
LAST_PORT = 65_535
