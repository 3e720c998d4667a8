#!/bin/sh
# Logs and ends: what levels the platform finds in what a runtime of one's own writes.
echo '{"level": "debug", "msg": "too detailed"}'
echo '{"level": "error", "msg": "grave"}'
echo 'no JSON'
exit 1
