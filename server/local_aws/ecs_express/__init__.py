"""ECS Express Mode, App Runner's successor: services by boto3, each a container behind a load balancer.

moto has ECS but not these operations: they are all here, by botocore's model of the service. Docs:
docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html (checked 2026-11).
"""
