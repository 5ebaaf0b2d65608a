#!/bin/sh
# Scans many events on a service at low priority, waits for all and keeps their results in a folder:
#   examples/shell/scan_many.sh results examples/track.json examples/cascade.json
# It reads SKYDRIVER_SERVER, SKYDRIVER_TOKEN, RECO_ALGO, NSIDES ("8:0 64:12"), CLUSTER and WORKERS.
set -eu
: "${PRIORITY:=-10}"
. "$(dirname -- "$0")/skydriver.sh"
[ $# -ge 2 ] || { echo "Usage: $0 FOLDER EVENT..." >&2; exit 2; }

folder=$1
shift
mkdir -p "$folder"
scans=
for event; do
  scan=$(launch "$event")
  echo "$event: scan $scan"
  scans="$scans $scan"
done

failed=0
for scan in $scans; do
  if await "$scan" && download "$scan" "$folder/$scan.json"; then echo "$folder/$scan.json"; else failed=1; fi
done
exit $failed
