#!/bin/sh
# Keeps the result of a scan in a file, final or so far:
#   examples/shell/download_result.sh SCAN [result.json]
# It reads SKYDRIVER_SERVER and SKYDRIVER_TOKEN.
set -eu
. "$(dirname -- "$0")/skydriver.sh"
[ $# -ge 1 ] || { echo "Usage: $0 SCAN [RESULT]" >&2; exit 2; }

download "$1" "${2:-$1.json}"
echo "${2:-$1.json}"
