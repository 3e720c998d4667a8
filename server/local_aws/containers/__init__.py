"""Processes where AWS would run containers, each behind a real proxy: what App Runner and ECS Express share.

There is no container here: nothing is pulled, and the image's name is only checked. The command runs as an
ordinary process on this machine, in an empty folder, with `server` importable, as in the image that
`server/Dockerfile` makes. A container has a network of its own and a process has not, so the container's
address in its command (all interfaces, and the port it was configured with) becomes a free loopback port.
"""
