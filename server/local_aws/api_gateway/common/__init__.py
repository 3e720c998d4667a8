"""What the gateways share: paths, targets, results, time limits."""
