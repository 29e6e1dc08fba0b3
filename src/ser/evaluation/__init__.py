"""Metrics, intervals, baselines, summaries, leaderboards, pages and figures, all from saved predictions."""
