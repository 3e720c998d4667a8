"""App Runner: services by boto3, each a container behind a real Envoy.

No peer has its control plane, moto included: it is all here, by botocore's model of the service. Docs:
docs.aws.amazon.com/apprunner/latest/api (checked 2026-11).
"""
