"""A framework's application behind the web adapter of `lambda/`, unchanged."""

from pathlib import Path

from lab.deploy.function import FOLDERS, zip_folder
from tests.published.installed import pip_install
from tests.support.account import Account
from tests.support.guests import guest_source
from tests.support.http_client import request


def test_starlette_streams_behind_the_web_adapter(aws: Account, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(guest_source("starlette_app.py"))
    for package in Path(pip_install("starlette>=0.46,<2")).iterdir():
        (tmp_path / package.name).symlink_to(package)
    (tmp_path / "shared.txt").write_text((FOLDERS / "web_adapter" / "shared.txt").read_text())
    for module in ("app.py", "asgi.py"):
        (tmp_path / module).symlink_to(FOLDERS / "web_adapter" / module)
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper", "ASGI_APP": "main:app"}
    name = aws.create(
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": zip_folder(tmp_path)},
        Environment={"Variables": variables},
    )
    url = aws.url(name)
    answer = request(url + "stream/one")
    assert (answer.status, answer.header("x-name"), answer.complete) == (200, "one", True)
    assert answer.chunks == [b"0\n", b"1\n", b"2\n"]
    assert request(url + "nowhere").status == 404
