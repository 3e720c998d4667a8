"""CloudFormation: stacks deploy by the same API calls as anybody's, in the name of their caller."""
