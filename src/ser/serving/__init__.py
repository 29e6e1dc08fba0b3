"""A trained model in use: what it answers of a recording, and the HTTP service and web page that ask it."""
