#!/bin/sh
# Shows how a scan goes until it ends:
#   examples/shell/monitor.sh SCAN
# It reads SKYDRIVER_SERVER and SKYDRIVER_TOKEN. The events as they happen are at /scan/SCAN/events:
#   curl --no-buffer "$SKYDRIVER_SERVER/scan/SCAN/events"
set -eu
. "$(dirname -- "$0")/skydriver.sh"
[ $# -eq 1 ] || { echo "Usage: $0 SCAN" >&2; exit 2; }

await "$1"
