"""IAM: who signed a call, what its policies let the caller do, and what a call needs."""
