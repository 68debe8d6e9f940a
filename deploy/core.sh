#!/bin/sh
# A core in a container: `core.sh SETTINGS --host … --port …`. It waits until the settings are there, which are
# written once history lies in the mocks: a core that polled before would have looked past what is older than
# its first look. Started again later it finds them at once, with the present in them.
set -eu
trap 'exit 0' TERM INT
settings=$1
shift
until [ -f "$settings" ]; do sleep 0.2; done
. "$settings"
exec python -m integration_core.wiring.serve "$@"
