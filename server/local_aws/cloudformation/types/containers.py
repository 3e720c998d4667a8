"""The types that run containers: App Runner, ECS."""

from collections.abc import Mapping

from server.local_aws.cloudformation.kinds import Kind, Settled, same

KINDS: Mapping[str, Kind] = {
    "AWS::AppRunner::Service": Kind(
        "apprunner",
        "CreateService",
        "{ServiceArn}",
        update=("UpdateService",),
        delete="DeleteService",
        read="DescribeService",
        attributes=same("ServiceArn", "ServiceId", "ServiceUrl", "Status"),
        named="ServiceName",
        longest=40,
        settled=Settled("Status", frozenset({"RUNNING"}), frozenset({"CREATE_FAILED", "DELETE_FAILED"})),
        gone=frozenset({"DELETED"}),
        known={"ResourceArn": "{ServiceArn}"},
        tagging=("TagResource", "UntagResource", "TagKeys"),
    ),
    "AWS::ECS::ExpressGatewayService": Kind(
        "ecs",
        "CreateExpressGatewayService",
        "{serviceArn}",
        update=("UpdateExpressGatewayService",),
        delete="DeleteExpressGatewayService",
        read="DescribeExpressGatewayService",
        attributes={
            "Endpoint": "{activeConfigurations[0][ingressPaths][0][endpoint]}",
            "ServiceArn": "{serviceArn}",
        },
        settled=Settled("status.statusCode", frozenset({"ACTIVE"})),
        gone=frozenset({"INACTIVE", "DRAINING"}),
        known={"resourceArn": "{serviceArn}"},
        tagging=("TagResource", "UntagResource", "tagKeys"),
    ),
    "AWS::ECS::Cluster": Kind(
        "ecs",
        "CreateCluster",
        "{clusterName}",
        delete="DeleteCluster",
        attributes={"Arn": "{clusterArn}"},
        named="ClusterName",
        known={"cluster": "{clusterName}"},
    ),
}
