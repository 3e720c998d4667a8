"""Reads streams and records when each chunk arrived; knows neither AWS nor pictures."""
