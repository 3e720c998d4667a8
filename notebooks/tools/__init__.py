"""Builds the series: navigation between the notebooks, and their pages."""
