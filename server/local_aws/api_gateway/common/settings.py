"""Reads the settings in API calls about APIs, and refuses them."""

import json
from typing import Any

from server.local_aws.control_plane.call import ApiError


def read_settings(body: bytes) -> dict[str, Any]:
    """Return the settings in a call's body. Raises `ApiError` (400) if it is no JSON object."""
    try:
        settings = json.loads(body or b"{}")
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise bad_request("Invalid request input")
    return settings


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequestException", message)
