#!/usr/bin/env bash
# The laptop shopper in three curls (R33), and a fourth that asks why:
#   signals → experience → product → decision
# Usage: scripts/three_curls.sh [BASE_URL]      needs curl and python3, and `saccade demo` running
set -euo pipefail

base="${1:-http://127.0.0.1:8080}"
product=816324
answer="$(mktemp)"
trap 'rm -f "$answer"' EXIT

fail() { printf '  FAILED: %s\n' "$1" >&2; exit 1; }

# Calls, keeps the body in $answer, and insists on 200.
call() {
  local status
  status="$(curl -sS -m 10 -o "$answer" -w '%{http_code}' "$@")" || fail "no answer from $base"
  [ "$status" = 200 ] || fail "status $status: $(head -c 600 "$answer")"
}

# The value of a Python expression over the answer `a`.
ask() { python3 -c 'import json, sys; a = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$answer" "$1"; }

# Insists on a Python expression over the answer `a`.
insist() {
  if [ "$(ask "$1")" = True ]; then printf '  ok: %s\n' "$2"; else fail "$2 — got $(head -c 600 "$answer")"; fi
}

random_id() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
  session="$(random_id).$(random_id)"

  printf '1. POST /v1/signals — third visit, 14 s on the battery specification, 48 s in reviews\n'
  call "$base/v1/signals" -H 'Content-Type: application/json' --data-binary '{
    "session_id": "'"$session"'", "product_id": "'"$product"'",
    "visit_count": 3, "spec_hover_ms": 14200, "review_dwell_ms": 48000, "scroll_reversals": 6,
    "compare_tool_opened": true, "checkout_clicked": false, "session_duration_ms": 92000,
    "scroll_speed_px_sec": 180}'
  ask '"  mode %(mode_detected)s, confidence %(confidence)s" % a'
  insist 'a["mode_detected"] == "hesitating" and a["confidence"] >= 0.6' 'hesitating at 0.6 or more'

  printf '2. GET /v1/experience\n'
  call "$base/v1/experience?session=$session&product=$product"
  reason="$(ask 'a["reason"]')"
  [ "$reason" = HOLDOUT ] || break
  printf '  this visitor is one of the tenth that is held out and sees the plain page, as it\n'
  printf '  should be; we go on as another visitor\n'
done
[ "$reason" != HOLDOUT ] || fail 'twelve visitors in a row were held out'
decision="$(ask 'a["decision_id"]')"
printf '  decision %s, reason %s\n' "$decision" "$reason"
insist 'any(i["op"] == "move" and i["slot"] == "battery-guarantee" and i.get("to") == "top" for i in a["instructions"])' \
  'the battery guarantee moves to the top'

printf '3. GET /api/product/%s\n' "$product"
call "$base/api/product/$product" -H "x-session-id: $session"
ask '"  " + a["name"]'
insist "a['code'] == '$product' and 'price' in a and 'stock' in a" "the platform's product"
insist "a['saccade']['decision_id'] == '$decision' and len(a['saccade']['instructions']) > 0" \
  'and the same decision under the key saccade'

printf '4. GET /v1/decisions/%s\n' "$decision"
call "$base/v1/decisions/$decision"
insist 'len(a["because"]) > 0' 'it says why:'
ask '"\n".join("     - " + str(reason) for reason in a["because"])'
printf 'All of it works.\n'
