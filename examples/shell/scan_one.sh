#!/bin/sh
# Scans one event on a service, shows how it goes, and keeps the result:
#   examples/shell/scan_one.sh examples/track.json [result.json]
# It reads SKYDRIVER_SERVER, SKYDRIVER_TOKEN, RECO_ALGO, NSIDES ("8:0 64:12"), CLUSTER and WORKERS.
set -eu
. "$(dirname -- "$0")/skydriver.sh"
[ $# -ge 1 ] || { echo "Usage: $0 EVENT [RESULT]" >&2; exit 2; }

scan=$(launch "$1")
echo "scan $scan"
await "$scan"
download "$scan" "${2:-$scan.json}"
echo "${2:-$scan.json}"
