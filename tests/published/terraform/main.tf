# One of each that the series deploys and Terraform knows; `function.zip` lies beside.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.29, < 7" # knows response_transfer_mode and invoked_via_function_url
    }
  }
}

provider "aws" {
  skip_metadata_api_check = true
}

resource "aws_iam_role" "function" {
  name = "terraform-function"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["lambda.amazonaws.com", "appsync.amazonaws.com"] }
    }]
  })
}

resource "aws_lambda_function" "streams" {
  function_name    = "terraform-streams"
  role             = aws_iam_role.function.arn
  runtime          = "nodejs24.x"
  handler          = "index.handler"
  filename         = "${path.module}/function.zip"
  source_code_hash = filebase64sha256("${path.module}/function.zip")
}

resource "aws_lambda_function_url" "streams" {
  function_name      = aws_lambda_function.streams.function_name
  authorization_type = "NONE"
  invoke_mode        = "RESPONSE_STREAM"
}

resource "aws_lambda_permission" "url" {
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.streams.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "by_url" {
  action                   = "lambda:InvokeFunction"
  function_name            = aws_lambda_function.streams.function_name
  principal                = "*"
  invoked_via_function_url = true
}

resource "aws_lambda_permission" "gateway" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.streams.function_name
  principal     = "apigateway.amazonaws.com"
}

resource "aws_api_gateway_rest_api" "streams" {
  name = "terraform-streams"
  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "items" {
  rest_api_id = aws_api_gateway_rest_api.streams.id
  parent_id   = aws_api_gateway_rest_api.streams.root_resource_id
  path_part   = "items"
}

resource "aws_api_gateway_method" "items" {
  rest_api_id   = aws_api_gateway_rest_api.streams.id
  resource_id   = aws_api_gateway_resource.items.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "items" {
  rest_api_id             = aws_api_gateway_rest_api.streams.id
  resource_id             = aws_api_gateway_resource.items.id
  http_method             = aws_api_gateway_method.items.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.streams.response_streaming_invoke_arn
  response_transfer_mode  = "STREAM"
}

resource "aws_api_gateway_deployment" "streams" {
  rest_api_id = aws_api_gateway_rest_api.streams.id
  depends_on  = [aws_api_gateway_integration.items]
}

resource "aws_api_gateway_stage" "prod" {
  rest_api_id   = aws_api_gateway_rest_api.streams.id
  deployment_id = aws_api_gateway_deployment.streams.id
  stage_name    = "prod"
}

resource "aws_apigatewayv2_api" "http" {
  name          = "terraform-http"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "http" {
  api_id                 = aws_apigatewayv2_api.http.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.streams.arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "http" {
  api_id    = aws_apigatewayv2_api.http.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.http.id}"
}

resource "aws_apigatewayv2_stage" "http" {
  api_id      = aws_apigatewayv2_api.http.id
  name        = "$default"
  auto_deploy = true
}

resource "aws_appsync_graphql_api" "news" {
  name                = "terraform-news"
  authentication_type = "API_KEY"
  schema              = "type Query { item: String }"
}

resource "aws_appsync_api_key" "news" {
  api_id = aws_appsync_graphql_api.news.id
}

output "url" {
  value = aws_lambda_function_url.streams.function_url
}

output "rest_api" {
  value = aws_api_gateway_rest_api.streams.id
}
