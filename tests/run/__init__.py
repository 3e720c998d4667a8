"""How the tests are run: in which order, each notebook twice, and what did not run."""
