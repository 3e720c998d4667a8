"""Draws what was recorded."""
