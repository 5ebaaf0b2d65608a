"""A script of the kind that people have had since 2023, on nothing but the HTTP library under the old REST client."""

import json
import sys

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

address, event_file = sys.argv[1:]
session = requests.Session()
session.headers.update({"Content-Type": "application/json", "Authorization": "Bearer not-looked-at-when-authentication-is-off"})
session.mount("http://", HTTPAdapter(max_retries=Retry(total=10, backoff_factor=0.3, status_forcelist=(408, 429, 500, 502, 503, 504), allowed_methods=None)))


def call(method, path, args=None):
    """Arguments of a GET go into the query, of all others into the body; every answer is decoded."""
    if method in ("GET", "HEAD"):
        answer = session.request(method, address + path, params=args, timeout=60)
    else:
        answer = session.request(method, address + path, json=args or {}, timeout=60)
    answer.raise_for_status()
    return answer.json()


def refusal(method, path, args=None):
    """Old clients print no more of an error than this."""
    try:
        call(method, path, args)
    except requests.HTTPError as error:
        return str(error)
    raise AssertionError(f"{method} {path} was not refused")


done = []
with open(event_file, encoding="utf-8") as file:
    event = json.load(file)
request = {
    "docker_tag": "latest",
    "cluster": {"local": 1},
    "reco_algo": "millipede_original",
    "event_i3live_json": event,
    "nsides": {8: 0, 64: 12},
    "real_or_simulated_event": "simulated",
    "classifiers": {"script": True},
}
manifest = call("POST", "/scan", request)
scan = manifest["scan_id"]
assert manifest["event_i3live_json_dict"] == event
assert call("POST", "/scan", request)["scan_id"] == scan
done.append("started")

found = call("GET", "/scans", {"run_id": 1, "event_id": 1, "is_real_event": False, "include_deleted": False})
assert scan in found["scan_ids"]
done.append("found")

table = {"nside-8": {"columns": ["index", "llh"], "metadata": {"nside": 8}, "data": [[0, 1.5], [1, float(2)]]}}
assert "the scan has no result yet" in refusal("GET", f"/scan/result/{scan}")
call("PUT", f"/scan/result/{scan}", {"skyscan_result": table, "is_final": False})
done.append("reported")

assert call("GET", f"/scan/result/{scan}")["skyscan_result"] == table
assert call("GET", f"/scan/{scan}/result") == {"scan_id": scan, "is_final": False, "skyscan_result": table}
done.append("read")

new = call("POST", f"/scan/{scan}/actions/rescan", {"abort_first": True, "replace_scan": True})["scan_id"]
assert call("GET", f"/scan/{scan}/manifest")["scan_id"] == new
assert call("GET", f"/scan/{scan}/manifest", {"no_redirect": True, "include_deleted": True})["is_deleted"] is True
done.append("replaced")

assert call("DELETE", f"/scan/{scan}")["manifest"]["scan_id"] == new
assert "404" in refusal("GET", f"/scan/{new}/manifest")
assert call("GET", f"/scan/{new}/manifest", {"include_deleted": True})["is_deleted"] is True
done.append("deleted")

assert "'docker_tag' is a required property" in refusal("POST", "/scan", {})
assert "'is_real_event': must be type 'boolean'" in refusal("GET", "/scans", {"run_id": 1, "event_id": 1, "is_real_event": "maybe"})
done.append("refused")
print(", ".join(done))
