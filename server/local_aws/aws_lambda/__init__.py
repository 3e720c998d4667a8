"""The stand-in for AWS Lambda."""
