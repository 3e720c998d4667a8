"""Templates: what their functions give, and what is none."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.local_aws.cloudformation.template import check_references, ordered, parse
from server.local_aws.cloudformation.values import NO_VALUE, Values
from server.local_aws.control_plane.call import ApiError
from tests.support.account import Account
from tests.support.permissions import refused
from tests.support.stacks import CAPABILITIES, create, resource, unique

DOCUMENT = {
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
    },
    "Mappings": {"Sizes": {"dev": {"Memory": 128}}},
}
NAMES = {"Stage": "dev", "List": ["a", "b"], "AWS::Region": "ap-northeast-1"}


def values() -> Values:
    def reference(name: str, attribute: str) -> Any:
        return {"It": {"": "id", "Arn": "arn", "A.B": "inner"}}[name][attribute]

    return Values(DOCUMENT, NAMES, {"exported": "value"}, reference)


VALUES = [
    ({"Ref": "Stage"}, "dev"),
    ({"Ref": "List"}, ["a", "b"]),
    ({"Ref": "It"}, "id"),
    ({"Ref": "AWS::NoValue"}, NO_VALUE),
    ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
    ({"Fn::GetAtt": "It.Arn"}, "arn"),
    ({"Fn::GetAtt": ["It", "A.B"]}, "inner"),
    ({"Fn::Join": ["-", ["x", {"Ref": "It"}, 3, True]]}, "x-id-3-true"),
    ({"Fn::Join": ["", {"Ref": "List"}]}, "ab"),
    ({"Fn::Sub": "${Stage}/${It}/${It.Arn}/${!Stage}/$Stage"}, "dev/id/arn/${Stage}/$Stage"),
    ({"Fn::Sub": ["${own}:${Stage}", {"own": {"Ref": "It"}}]}, "id:dev"),
    ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b,c"]}]}, "b"),
    ({"Fn::If": ["Yes", 1, 2]}, 1),
    ({"Fn::If": ["Both", 1, {"Fn::If": ["Either", 3, 4]}]}, 3),
    ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Memory"]}, 128),
    ({"Fn::FindInMap": ["Sizes", "other", "Memory", {"DefaultValue": 64}]}, 64),
    ({"Fn::ImportValue": {"Fn::Sub": "exported"}}, "value"),
    ({"Fn::Base64": "text"}, "dGV4dA=="),
    ({"Fn::GetAZs": ""}, ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]),
    ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
    ({"Fn::Length": {"Ref": "List"}}, 2),
    ({"Fn::ToJsonString": {"a": {"Ref": "It"}}}, '{"a":"id"}'),
    ({"Ref": "Stage", "other": 1}, {"Ref": "Stage", "other": 1}),
]


@pytest.mark.parametrize(("given", "expected"), VALUES, ids=range(len(VALUES)))
def test_what_functions_give(given: Any, expected: Any) -> None:
    assert values().of(given) == expected


WRONG = [
    {"Fn::Join": ["", "text"]},
    {"Fn::Select": [5, ["a"]]},
    {"Fn::FindInMap": ["Sizes", "prod", "Memory"]},
    {"Fn::If": ["Unknown", 1, 2]},
    {"Fn::ImportValue": "nothing"},
    {"Fn::Transform": {"Name": "AWS::Include"}},
    {"Fn::Sub": 3},
    {"Fn::GetAtt": "It"},
]


@pytest.mark.parametrize("given", WRONG, ids=range(len(WRONG)))
def test_what_functions_refuse(given: Any) -> None:
    with pytest.raises(ApiError) as caught:
        values().of(given)
    assert caught.value.status == 400


def test_yaml_is_read_as_cloudformation_writes_it() -> None:
    text = """
    Resources:
      It:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: {Version: 2012-10-17}
          Path: !Sub /${AWS::StackName}/
          Name: !GetAtt Other.A.B
          Names: !Split [",", !Ref List]
    """
    properties = parse(text)["Resources"]["It"]["Properties"]
    assert properties == {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17"},
        "Path": {"Fn::Sub": "/${AWS::StackName}/"},
        "Name": {"Fn::GetAtt": "Other.A.B"},
        "Names": {"Fn::Split": [",", {"Ref": "List"}]},
    }


TEMPLATES = [
    ("", "unsupported structure"),
    ("{", "JSON not well-formed"),
    ("a: [", "YAML not well-formed"),
    ("Resources: {}", "At least one Resources member must be defined"),
    ("Resource: {}", "Invalid template property or properties [Resource]"),
    ("Resources: {It: {}}", "must contain a Type member"),
    ("Resources: {I-t: {Type: A}}", "non alphanumeric"),
    ("Parameters: [x]\nResources: {It: {Type: A}}", "Parameters section must be an object"),
    ("Parameters: {P: x}\nResources: {It: {Type: A}}", "[P]"),
    ("Outputs: {O: {}}\nResources: {It: {Type: A}}", "[O]"),
    ("Resources: {It: {Type: A, Properties: {P: !Ref Other}}}", "dependencies [Other] in the Resources"),
    ("Resources: {It: {Type: A, DependsOn: Other}}", "dependencies [Other]"),
    ("Resources: {It: {Type: A, Properties: {P: !GetAtt Other.Arn}}}", "undefined resource Other"),
    ("Resources: {It: {Type: A}}\nOutputs: {O: {Value: !Ref Other}}", "in the Outputs block"),
    (
        "Resources: {A: {Type: A, Properties: {P: !Ref B}}, B: {Type: A, DependsOn: A}}",
        "Circular dependency between resources: [A, B]",
    ),
    ("Conditions: {C: {Condition: C}}\nResources: {It: {Type: A, Condition: C}}", "in a circle"),
    ("Conditions: {C: {Fn::Equals: 3}}\nResources: {It: {Type: A}}", "Fn::Equals"),
    ("Resources: {It: {Type: A, Condition: C}}", "unresolved condition dependency C"),
    ("Description: " + "x" * 51_200 + "\nResources: {It: {Type: A}}", "less than or equal to 51200"),
    (
        "Parameters: {P: {Type: String, Default: a, AllowedValues: 3}}\nResources: {It: {Type: A}}",
        "unsupported structure",
    ),
    (
        "Parameters: {P: {Type: String, Default: a, AllowedPattern: '['}}\nResources: {It: {Type: A}}",
        "unsupported structure",
    ),
    ("Outputs: {O: {Value: 1, Export: x}}\nResources: {It: {Type: A}}", "[/Outputs/O]"),
    ("Rules: {R: {Assertions: 3}}\nResources: {It: {Type: A}}", "unsupported structure"),
    ("Transform: {Name: [x]}\nResources: {It: {Type: A}}", "No transform named"),
    ("Resources: &a {It: {Type: A, Properties: *a}}", "nested deeper"),
]


@pytest.mark.parametrize(("text", "named"), TEMPLATES, ids=range(len(TEMPLATES)))
def test_what_is_no_template_is_refused(aws: Account, text: str, named: str) -> None:
    client = aws.client("cloudformation")
    call = {"StackName": unique(), "TemplateBody": text or "text", "Capabilities": CAPABILITIES}
    status, code, message = refused(client.create_stack, **call)
    assert (status, code) == (400, "ValidationError")
    assert named in message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["It", "AWS::IAM::Role", "a.b", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::If", "Type", "Default", "Value"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
SECTIONS = st.dictionaries(
    st.sampled_from(["Parameters", "Mappings", "Conditions", "Outputs", "Rules", "Resources", "Transform"]),
    JSON | st.dictionaries(st.just("It"), JSON, min_size=1),
)


@settings(max_examples=60)
@given(SECTIONS, JSON)
def test_no_template_raises_anything_else(document: dict[str, Any], properties: Any) -> None:
    document.setdefault("Resources", {"It": {"Type": "AWS::IAM::Role", "Properties": properties}})
    try:
        read = parse(json.dumps(document))
        check_references(read)
        ordered(read["Resources"])
        Values(read, NAMES, {}, lambda name, attribute: "x").of(read)
    except ApiError as error:
        assert error.status == 400


PARAMETERS = [
    ({"Type": "Number"}, "x", "must be a number"),
    ({"Type": "Number", "MaxValue": 3}, "4", "MaxValue 3"),
    ({"Type": "String", "MinLength": 3}, "ab", "MinLength 3"),
    ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "must be one of AllowedValues"),
    ({"Type": "String", "AllowedPattern": "[a-z]+"}, "A", "does not match pattern"),
    ({"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "small"}, "A", "small"),
    ({"Type": "AWS::SSM::Parameter::Value<String>"}, "/not/there", "Unable to fetch parameters [/not/there]"),
]


@pytest.mark.parametrize(("declared", "value", "named"), PARAMETERS, ids=range(len(PARAMETERS)))
def test_a_parameter_that_may_not_have_its_value(
    aws: Account, declared: dict[str, Any], value: str, named: str
) -> None:
    text = json.dumps({"Parameters": {"P": declared}, "Resources": {"It": {"Type": "AWS::SQS::Queue"}}})
    call = {"StackName": unique(), "TemplateBody": text}
    client, given = aws.client("cloudformation"), [{"ParameterKey": "P", "ParameterValue": value}]
    assert named in refused(client.create_stack, **call, Parameters=given)[2]


def test_parameters_of_all_types(aws: Account) -> None:
    ssm, name = aws.client("ssm"), f"/{unique()}"
    ssm.put_parameter(Name=name, Type="StringList", Value="x,y")
    text = """
    Parameters:
      Texts: {Type: CommaDelimitedList}
      Number: {Type: Number, Default: 3}
      Stored: {Type: "AWS::SSM::Parameter::Value<List<String>>"}
      Secret: {Type: String, NoEcho: true, Default: hidden}
    Rules:
      Small: {Assertions: [{Assert: !Contains [["3", "4"], !Ref Number], AssertDescription: too large}]}
    Resources: {It: {Type: "AWS::CDK::Metadata"}}
    Outputs:
      It: {Value: !Join ["", [!Select [1, !Ref Texts], !Ref Number, !Select [1, !Ref Stored], !Ref Secret]]}
    """
    client = aws.client("cloudformation")
    stack = create(client, text, Texts="a, b", Stored=name)
    assert stack.outputs == {"It": "b3yhidden"}
    shown = {each["ParameterKey"]: each for each in stack.now["Parameters"]}
    assert shown["Secret"]["ParameterValue"] == "****"
    assert (shown["Stored"]["ParameterValue"], shown["Stored"]["ResolvedValue"]) == (name, "x,y")
    call = {"StackName": unique(), "TemplateBody": text}
    given = {"Texts": "a", "Stored": name, "Number": "5"}
    listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    assert "too large" in refused(client.create_stack, **call, Parameters=listed)[2]
    assert "[Texts, Stored] must have values" in refused(client.create_stack, **call)[2]


def test_dynamic_references(aws: Account) -> None:
    ssm, secrets, name = aws.client("ssm"), aws.client("secretsmanager"), unique()
    ssm.put_parameter(Name=name, Type="String", Value="kept")
    secrets.create_secret(Name=name, SecretString=json.dumps({"user": "who", "password": "secret"}))
    value = (
        f"{{{{resolve:ssm:{name}}}}}/{{{{resolve:secretsmanager:{name}:SecretString:user}}}}/"
        f"{{{{resolve:secretsmanager:{name}:SecretString:password::}}}}"
    )
    client = aws.client("cloudformation")
    stack = create(client, resource("AWS::SSM::Parameter", Type="String", Value=value))
    parameter = ssm.get_parameter(Name=stack.resources()["It"])["Parameter"]
    assert parameter["Value"] == "kept/who/secret"
    assert stack.delete() == "DELETE_COMPLETE"
    failing = resource("AWS::SSM::Parameter", Type="String", Value="{{resolve:ssm:/not/there}}")
    assert "/not/there" in create(client, failing).reason("CREATE_FAILED")


def test_an_attribute_that_there_is_not_is_refused_before_anything_is_made(aws: Account) -> None:
    body = json.loads(json.dumps({"Resources": {"It": {"Type": "AWS::SQS::Queue"}}}))
    body["Outputs"] = {"O": {"Value": {"Fn::GetAtt": ["It", "Colour"]}}}
    call = {"StackName": unique(), "TemplateBody": json.dumps(body)}
    message = refused(aws.client("cloudformation").create_stack, **call)[2]
    assert message == "Template error: resource It does not support attribute type Colour in Fn::GetAtt"


def test_a_template_with_a_macro_of_somebody_s_is_refused(aws: Account) -> None:
    text = "Transform: Somebodys\n" + resource("AWS::SQS::Queue")
    call = {"StackName": unique(), "TemplateBody": text, "Capabilities": CAPABILITIES}
    message = refused(aws.client("cloudformation").create_stack, **call)[2]
    assert message == "No transform named Somebodys found."
