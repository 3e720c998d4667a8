"""IAM's types."""

from collections.abc import Mapping

from server.local_aws.cloudformation.kinds import Kind, Part


def holders(put: str, remove: str) -> dict[str, Part]:
    """The properties that name whose policy a policy becomes. `put` and `remove` are names with {}."""
    return {
        f"{noun}s": Part(put.format(noun), f"{noun}Name", remove.format(noun), each=True)
        for noun in ("Role", "User", "Group")
    }


def policies(noun: str) -> dict[str, Part]:
    return {
        "Policies": Part(f"Put{noun}Policy", "", f"Delete{noun}Policy", each=True),
        "ManagedPolicyArns": Part(f"Attach{noun}Policy", "PolicyArn", f"Detach{noun}Policy", each=True),
    }


KINDS: Mapping[str, Kind] = {
    "AWS::IAM::Role": Kind(
        "iam",
        "CreateRole",
        "{RoleName}",
        update=("UpdateRole", "UpdateAssumeRolePolicy"),
        delete="DeleteRole",
        attributes={"Arn": "{Arn}", "RoleId": "{RoleId}"},
        named="RoleName",
        parts=policies("Role"),
        alias={"UpdateAssumeRolePolicy": {"PolicyDocument": "AssumeRolePolicyDocument"}},
        defaults={"Description": "", "MaxSessionDuration": 3600},
        tagging=("TagRole", "UntagRole", "TagKeys"),
    ),
    "AWS::IAM::Policy": Kind("iam", ref="{PolicyName}", parts=holders("Put{}Policy", "Delete{}Policy")),
    "AWS::IAM::RolePolicy": Kind(
        "iam",
        "PutRolePolicy",
        "{PolicyName}|{RoleName}",
        update=("PutRolePolicy",),
        delete="DeleteRolePolicy",
    ),
    "AWS::IAM::ManagedPolicy": Kind(
        "iam",
        "CreatePolicy",
        "{Arn}",
        delete="DeletePolicy",
        attributes={"PolicyArn": "{Arn}"},
        named="ManagedPolicyName",
        renamed={"ManagedPolicyName": "PolicyName"},
        known={"PolicyArn": "{Arn}"},
        parts=holders("Attach{}Policy", "Detach{}Policy"),
        tagging=("TagPolicy", "UntagPolicy", "TagKeys"),
    ),
    "AWS::IAM::InstanceProfile": Kind(
        "iam",
        "CreateInstanceProfile",
        "{InstanceProfileName}",
        delete="DeleteInstanceProfile",
        attributes={"Arn": "{Arn}"},
        named="InstanceProfileName",
        parts={
            "Roles": Part("AddRoleToInstanceProfile", "RoleName", "RemoveRoleFromInstanceProfile", each=True)
        },
    ),
    "AWS::IAM::User": Kind(
        "iam",
        "CreateUser",
        "{UserName}",
        delete="DeleteUser",
        attributes={"Arn": "{Arn}"},
        named="UserName",
        parts=policies("User"),
        tagging=("TagUser", "UntagUser", "TagKeys"),
    ),
    "AWS::IAM::Group": Kind(
        "iam",
        "CreateGroup",
        "{GroupName}",
        delete="DeleteGroup",
        attributes={"Arn": "{Arn}"},
        named="GroupName",
        parts=policies("Group"),
    ),
}
