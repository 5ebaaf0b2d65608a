# Calls of the service, for the scripts beside this file: POSIX shell, curl, grep and sed.

: "${SKYDRIVER_SERVER:=http://127.0.0.1:8080}" "${SKYDRIVER_TOKEN:=}"
: "${RECO_ALGO:=pandel_mpe}" "${NSIDES:=8:0 64:12}" "${CLUSTER:=local}" "${WORKERS:=2}" "${PRIORITY:=0}"

# call PATH [CURL OPTIONS]: prints the answer. The token goes by a file descriptor, as others can see command lines.
call() {
  path=$1
  shift
  curl --silent --show-error --fail-with-body --compressed --max-time 600 --retry 5 --retry-connrefused --config /dev/fd/3 "$@" "${SKYDRIVER_SERVER%/}$path" 3<<END
${SKYDRIVER_TOKEN:+header = "Authorization: Bearer $SKYDRIVER_TOKEN"}
END
}

# member NAME: the text of that member in the JSON document on the input.
member() {
  sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p' | head -n 1
}

# launch EVENT: prints the id of the new scan. The key makes a repeated call the same scan.
launch() {
  key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  nsides=$(for step in $NSIDES; do printf '"%s": %s, ' "${step%:*}" "${step#*:}"; done)
  answer=$({
    printf '{"docker_tag": "latest", "reco_algo": "%s", "nsides": {%s}, "real_or_simulated_event": "simulated", ' "$RECO_ALGO" "${nsides%, }"
    printf '"request_clusters": {"%s": %d}, "priority": %d, "manifest_projection": ["scan_id"], "event_i3live_json": ' "$CLUSTER" "$WORKERS" "$PRIORITY"
    cat "$1"
    printf '}'
  } | call /scan --header "Idempotency-Key: $key" --data-binary @-) || { printf '%s\n' "$answer" >&2; return 1; }
  printf '%s' "$answer" | member scan_id
}

# state SCAN: one of the words of scan_state.
state() {
  call "/scan/$1/status" | member scan_state
}

# await SCAN: prints each new state and where the scan is, and ends with it; fails when there is no final result then.
await() {
  shown=
  while :; do
    now=$(state "$1")
    summary=$(call "/scan/$1/manifest?projection=progress" | member summary)
    if [ "$now $summary" != "$shown" ]; then
      printf '%s: %s %s\n' "$1" "$now" "$summary"
      shown="$now $summary"
    fi
    case $now in
      SCAN_HAS_FINAL_RESULT) return 0 ;;
      FAILED__* | ABORTED__* | STOPPED__* | FINISHED__*) return 1 ;;
      '') return 2 ;;
    esac
    sleep 2
  done
}

# download SCAN FILE: keeps the result, final or so far; the file is whole or not there.
download() {
  call "/scan/$1/result" --output "$2.partial" || { rm -f "$2.partial"; return 1; }
  if ! grep -q '"skyscan_result"' "$2.partial"; then
    rm -f "$2.partial"
    echo "scan $1 has no result yet" >&2
    return 1
  fi
  mv "$2.partial" "$2"
}
