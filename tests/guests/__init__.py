"""Programs that tests deploy and run."""
