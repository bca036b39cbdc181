# SPDX-License-Identifier: MIT
# A fleet with optional = true on its way to required: xfrmctl readiness names whom we still talk to in
# clear, retry negotiates at once instead of after the backoff, and then nobody is left.
fleet 10.0.1.0/24 a b <<<'optional = true'
xfrmd_start a
expect 'readiness before any traffic' "$(ctl a readiness)" = \
	'ready: no peer is known to be talked to in clear'
wait_for 5 pings a b
wait_for 20 is true peers a 'any(p["last_failure"] for p in d["peers"])'
ctl a readiness >shown && fail 'ready although b is talked to in clear'
cat shown
expect_text 'readiness' "$(cat shown)" '10.0.1.2'
expect_text 'readiness' "$(cat shown)" 'no response from the peer'
must_not ctl a retry 10.0.1.2
must_not ctl a retry 10.0.1.77

xfrmd_start b
# failures in a row have made the backoff long, and no traffic asks
begin=$(now_ms)
expect 'retry' "$(ctl a retry 10.0.1.2)" = '10.0.1.2: up'
echo "up $(($(now_ms) - begin)) ms after retry"
expect 'readiness at last' "$(ctl a readiness)" = \
	'ready: no peer is known to be talked to in clear'
expect 'readiness as JSON' "$(ctl a readiness --json)" = \
	'{"mode":"optional","ready":true,"peers":[]}'

# with a kernel that has ESP and a peer that is up there is nothing to find but the clock and the speed
# of this machine
expect 'findings of the doctor' "$(ctl a doctor "$FOLDER/a.conf" --json |
	json '[f for f in d["findings"] if f["area"] not in ("clock", "load")]')" = '[]'
