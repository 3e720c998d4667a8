"""The embedded streaming server of the series, and (in `local_aws`) its stand-ins for AWS services."""
