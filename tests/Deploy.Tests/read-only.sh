#!/usr/bin/env bash
# Starts programs as they are started in a pod: as user 1654, on a file system that is read-only but for /tmp. Runs in a mount namespace of
# its own. Usage: read-only.sh BIN CONFIGURATION PORT...; says "NAME ok", or what was wrong, in a line each.
set -u
bin=$1 configuration=$2
shift 2
# The programs may lie below /tmp, or where only their builder may look.
mount --bind "$bin" /mnt && mount -o bind,remount,ro /mnt || { echo "skip: no read-only file system can be had"; exit 0; }
bin=/mnt
mount -t tmpfs -o mode=1777,size=64m tmpfs /tmp && mount -o bind,remount,ro / || { echo "skip: no read-only file system can be had"; exit 0; }
touch /root/x 2>/dev/null && { echo "skip: the file system is not read-only"; exit 0; }

start() { # NAME PROGRAM PORT
  env -i PATH="$PATH" DOTNET_ROOT="${DOTNET_ROOT:-}" APP_PORT="$3" SKYDRIVER_API=http://127.0.0.1:9 SKYDRIVER_BIND='*' SKYDRIVER_ALLOW_ANONYMOUS=true \
    setpriv --reuid=1654 --regid=1654 --clear-groups --no-new-privs dotnet "$bin/$2" >"/tmp/$1.log" 2>&1 &
}

# NAME PID CONDITION...
await() {
  name=$1 pid=$2
  shift 2
  for _ in $(seq 300); do
    if "$@"; then
      kill -TERM "$pid"
      wait "$pid" && echo "$name ok" || echo "$name ended with $?"
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.2
  done
  kill -KILL "$pid" 2>/dev/null
  echo "$name did not start: $(tail -n 3 "/tmp/$name.log" | tr '\n' ' ')"
}

answers() {
  { exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /healthz/live HTTP/1.0\r\n\r\n' >&3 && read -r line <&3; exec 3<&-; } 2>/dev/null
  [[ ${line:-} == *' 200 '* ]]
}

start api "SkyDriver.Api/$configuration/skydriver-api.dll" "$1"; api=$!
start orchestrator "SkyDriver.Orchestrator/$configuration/skydriver-orchestrator.dll" "$2"; orchestrator=$!
start scanner "SkyDriver.Scanner/$configuration/skydriver-scanner.dll" "$3"; scanner=$!
start htcondor "SkyDriver.HtCondor/$configuration/skydriver-htcondor.dll" ""; htcondor=$!
start kubernetes-jobs "SkyDriver.KubernetesJobs/$configuration/skydriver-kubernetes-jobs.dll" ""; jobs=$!
await htcondor $htcondor test -S /tmp/dapr-components-sockets/htcondor.sock
await kubernetes-jobs $jobs test -S /tmp/dapr-components-sockets/kubernetes-jobs.sock
await api $api answers "$1"
await orchestrator $orchestrator answers "$2"
await scanner $scanner answers "$3"
