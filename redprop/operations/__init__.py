"""Watching the portal while it runs: health, readiness, figures for Prometheus, one log line a request. No models."""
