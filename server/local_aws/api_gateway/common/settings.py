"""Refuses settings in API calls about APIs."""

from server.local_aws.control_plane.call import ApiError


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequestException", message)
