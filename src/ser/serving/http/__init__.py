"""The HTTP service: a model that answers uploads, within limits that hold whatever is sent."""
