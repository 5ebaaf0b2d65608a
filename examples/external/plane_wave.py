#!/usr/bin/env python3
"""A reconstruction as a program: a plane of light that crosses the detector at the speed of light.

SkyDriver starts it beside a worker, writes one line of JSON per fit to its standard input and reads one line per answer from its
standard output. docs/external-reconstruction.md says what the lines hold. Try it on one pixel:

    skydriver pixel examples/track.json --nside 64 --pixel 1234 --reco-algo external-point \
        --external "python3 examples/external/plane_wave.py"
"""

import json
import math
import sys

LIGHT = 0.299792458  # m/ns
SPREAD = 300.0       # ns by which light may be late or early
WORST = 8.0          # of one module, so that noise does not decide


def answer(**fields):
    # One line, at once: the worker waits for it.
    print(json.dumps(fields), flush=True)


def first_pulses(pulses):
    """Per module its first cleaned pulse: (x, y, z, time)."""
    first = {}
    for pulse in pulses:
        key = pulse["string"], pulse["om"]
        if pulse["cleaned"] and (key not in first or pulse["time"] < first[key][3]):
            first[key] = pulse["x"], pulse["y"], pulse["z"], pulse["time"]
    return list(first.values())


def fit(hits, request):
    """Time of the plane at the origin, and how badly the hits agree with it."""
    sin_zenith = math.sin(request["zenith"])
    travel = (
        -sin_zenith * math.cos(request["azimuth"]),
        -sin_zenith * math.sin(request["azimuth"]),
        -math.cos(request["zenith"]),
    )
    times = sorted(t - (x * travel[0] + y * travel[1] + z * travel[2]) / LIGHT for x, y, z, t in hits)
    middle = times[len(times) // 2]
    llh = sum(min(((t - middle) / SPREAD) ** 2 / 2, WORST) for t in times)
    return llh, middle


def main():
    hits = []
    for line in sys.stdin:  # ends when the worker does
        request = json.loads(line)
        if request["type"] == "event":
            hits = first_pulses(request["pulses"])
            print(f"event {request['event_id']}: {len(hits)} modules", file=sys.stderr)
            answer(type="ready", name="plane_wave", version="1")
        elif len(hits) < 3:
            answer(type="failed", id=request["id"], reason="fewer than 3 modules")
        else:
            llh, time = fit(hits, request)
            answer(type="fit", id=request["id"], llh=llh, x=0.0, y=0.0, z=0.0, time=time, energy=None)


if __name__ == "__main__":
    main()
