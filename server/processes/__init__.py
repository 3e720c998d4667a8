"""Keeps the promise that nothing outlives who started it."""
