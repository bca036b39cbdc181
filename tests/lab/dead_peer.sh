# SPDX-License-Identifier: MIT
# Traffic to addresses that do not answer costs the living nothing, status says what failed and why,
# and the log says it once, and then how often.
fleet 10.0.1.0/24 a b c
xfrmd_start a b c

capture a
wait_for 20 pings a b
flood_start a b
for address in 10.0.1.98 10.0.1.99; do
	background a ping -q -i 0.2 $address >/dev/null
done
wait_for 5 peer a 10.0.1.99 p
wait_for 10 pings a c
wait_for 40 is failed peer a 10.0.1.99 'p["state"]'
first=$(peer a 10.0.1.99 'p["last_failure"]')
wait_for 40 is 2 status a 'd["peers"]["failed"]'
expect_text 'reason' "$(peer a 10.0.1.99 'p["last_error"]')" 'no response'
wait_for 20 is true peers a 'any(p["state"] == "failed" and p["next_retry"] > p["since"] for p in d["peers"])'
expect 'peers up' "$(status a 'd["peers"]["up"]')" = 2
tcp a c
wait_for 30 is true peer a 10.0.1.99 "p['last_failure'] > $first"
line='peer: 10.0.1.99: negotiating -> failed: no response from the peer local=10.0.1.1'
# what is repeated is counted for a minute
lines=$(grep -cF "$line" "$FOLDER/a.log")
expect 'lines about two failures' "$lines" -le $((1 + SECONDS / 60))

flood_stop
expect_no_loss
capture_stop a
expect_no_clear a
xfrmd_stop a
[ "$lines" -gt 1 ] || must grep -qE "$line \(repeated [1-9] times in [0-9]+ s\)" "$FOLDER/a.log"
