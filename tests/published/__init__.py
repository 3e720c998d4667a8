"""What npm and PyPI publish, run unchanged."""
