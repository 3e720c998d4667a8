"""Decides who may reach a port that the project opens."""
