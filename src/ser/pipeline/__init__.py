"""The verbs. Each is idempotent, keeps what it finished when killed, and leaves whole files only."""
