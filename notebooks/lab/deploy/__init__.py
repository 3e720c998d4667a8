"""Deploys what the lessons use, in the boto3 calls that deploy it to AWS."""

from lab.deploy.function import FOLDERS, MAY_PUSH, create_role, deploy, deploy_function, remove, zip_folder

__all__ = ["FOLDERS", "MAY_PUSH", "create_role", "deploy", "deploy_function", "remove", "zip_folder"]
