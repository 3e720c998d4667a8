"""Compares what every service lets through, and computes the table from what arrived."""
