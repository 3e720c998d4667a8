"""Where a measurement comes from, told by the URL that was asked: this machine, or an AWS Region."""

import re
from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = "LOCAL"
AWS_HOST = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com|on\.aws|awsapprunner\.com|ecs\.)")


def source_of(url: str) -> str:
    """`LOCAL` for this machine, `AWS REGION DATE` for a host of AWS, the host's name for any other."""
    if is_loopback(url):
        return LOCAL
    host = urlsplit(url).hostname or ""
    found = AWS_HOST.search(f".{host}")
    return f"AWS {found[1]} {date.today()}" if found else host


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
