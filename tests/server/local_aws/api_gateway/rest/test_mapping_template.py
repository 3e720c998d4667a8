"""Mapping templates: what they write, what they can ask, and what is not evaluated here."""

from typing import Any

import pytest

from server.local_aws.api_gateway.common.request import GatewayRequest, Target
from server.local_aws.api_gateway.rest import mapping_template
from server.local_aws.api_gateway.rest.mapping_template import TemplateFailure
from server.local_aws.api_gateway.rest.template_variables import variables_of

REQUEST = GatewayRequest(
    method="POST",
    path="/items/a%20b",
    query="scope=internal&id=query&empty=",
    headers=[("Origin", "https://b.example"), ("Host", "x")],
    body=b'{"name": "O\'Neil", "list": [1, {"c": 5}], "deep": {"er": true}, "a-b": 0}',
    source_ip="127.0.0.1",
)
TARGET = Target(
    api_id="api",
    region="ap-northeast-1",
    stage="prod",
    resource="/items/{id}",
    resource_id="abc",
    deployment_id="d",
    path="/prod/items/a%20b",
    path_parameters={"id": "a%20b"},
    stage_variables={"color": "blue"},
)


def rendered(template: str, request: GatewayRequest = REQUEST) -> str:
    mapping_template.check(template)
    return mapping_template.render(template, variables_of(request, TARGET))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"statusCode": 200}', '{"statusCode": 200}'),
        ("$input.params('id') $input.params('scope') $input.params('Host')", "a b internal x"),
        ("$input.params().querystring.id [$input.params('none')]", "query []"),
        ("$input.params().header.get('Origin') $input.params().path.id", "https://b.example a b"),
        ("#foreach($n in $input.params().querystring.keySet())$n,#end", "scope,id,empty,"),
        ("$input.json('$.list[1]') $input.json('$.name') $input.json('$.deep.er')", '{"c":5} "O\'Neil" true'),
        ("$input.path('$.list') $input.path('$.deep')", '[1,{"c":5}] {er=true}'),
        ("$input.path('$').list.size() $input.path(\"$['a-b']\") $input.path('$.a-b')", "2 0 0"),
        ("[$input.path('$.none.at.all')] [$nothing] [$!nothing.x]", "[] [] []"),
        ("$input.json('$.none') [$input.params().header.get('None')]", '"" []'),
        ("$util.escapeJavaScript($input.path('$.name'))", "O\\'Neil"),
        ("$util.urlEncode('a b') $util.base64Encode('a') $util.base64Decode('YQ==')", "a+b YQ== a"),
        ("$util.parseJson('{\"a\": {\"b\": 1}}').a.b", "1"),
        ("$context.stage $context.httpMethod $context.resourcePath", "prod POST /items/{id}"),
        ("$context.identity.sourceIp ${stageVariables.color} $stageVariables.none.", "127.0.0.1 blue ."),
        ("#set($x = 'a')#if($x == 'a' && !$input.path('$.list').isEmpty())one#{else}two#end", "one"),
        ("#set($x = 'a')#if($x == 'b')one#elseif($x.toUpperCase() == 'A')two#end", "two"),
        ('#if($input.params("Origin").matches("https://b\\.example"))yes#end', "yes"),
        ("#foreach($i in [1..3])$i#if($foreach.hasNext),#end#end", "1,2,3"),
        ("#[[ $input.body #if ]]# ## a comment\n$('#id').x", " $input.body #if  $('#id').x"),
        ("#top { color: #fff }", "#top { color: #fff }"),
    ],
)  # fmt: skip
def test_a_template(template: str, expected: str) -> None:
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("#if($x", "expected )"),
        ("#end", "block element"),
        ("#foreach($i in [1..1001])$i#end", "1000 iterations"),
        ("#foreach($i in [1..$input.path('$.n')])$i#end", "not numbers"),
        ("$input.path('$..a')", "JSONPath $..a"),
        ("#macro(x)a#end", "#macro"),
        ("#evaluate('$a')", "#evaluate"),
        ("$input.body.split(',')", "split()"),
        ("$input.params.__globals__", "__globals__"),
        ("#set($a = \"${input.params.__code__}\")", "__code__"),
        pytest.param("é" * 160_000, "300 KB", id="long"),
    ],
)  # fmt: skip
def test_what_is_not_evaluated_is_named(template: str, named: str) -> None:
    with pytest.raises(TemplateFailure, match=named.translate(str.maketrans({c: f"\\{c}" for c in "()$."}))):
        rendered(template)


@pytest.mark.parametrize("body", [b"not json", b"[" * 100_000])
def test_a_body_that_is_not_json(body: bytes) -> None:
    request = GatewayRequest("POST", "/", "", [], body, "127.0.0.1")
    assert rendered("$input.body", request) == body.decode()
    with pytest.raises(TemplateFailure):
        rendered("$input.path('$.a')", request)


def test_no_body_is_an_empty_object() -> None:
    request = GatewayRequest("GET", "/", "", [], b"", "127.0.0.1")
    assert rendered("$input.body $input.json('$') [$input.path('$.a')]", request) == "{} {} []"


def test_a_template_overrides_what_is_answered() -> None:
    variables: dict[str, Any] = variables_of(REQUEST, TARGET)
    template = "#set($context.responseOverride.status = 418)" + (
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $input.params('Origin'))"
    )
    assert mapping_template.render(template, variables) == ""
    assert variables["context"]["responseOverride"] == {
        "status": 418,
        "header": {"Access-Control-Allow-Origin": "https://b.example"},
    }
