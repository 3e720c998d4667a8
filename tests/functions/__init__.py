"""The functions in `lambda/`, as they are deployed."""
