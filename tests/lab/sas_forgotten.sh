# SPDX-License-Identifier: MIT
# A peer that has forgotten its SAs, and an address that moves to a host that never had them, are found out by
# what does not come in any more, long before dpd_delay (30 s); the others lose nothing. Who answers no echo
# and takes what has no answer by nature is negotiated with anew a few times, rarer each time.
# Alone: it measures time.
fleet 10.0.1.0/24 a b c d
host_address b add 10.0.1.100/24
xfrmd_start a b c d
for name in b c d 10.0.1.100; do
	wait_for 20 pings a $name
done
count() {
	metric a "xfrmd_liveness_$1_total"
}
# longest_gap FILE: in ms, between two answers to `ping -D`
longest_gap() {
	awk -F'[][]' '/bytes from/ {
		if (last && $2 - last > gap)
			gap = $2 - last
		last = $2
	}
	END { printf "%d\n", gap * 1000 }' "$1"
}
capture a
flood_start a c
sleep 3
expect 'doubts about who answers' "$(count doubts)" = 0

# only a sends: b has nothing of its own that would ask for an SA
stream_start a b 200 0
pid=$(charon_pid b) start=$(now_ms)
xfrmd_kill b
kill -KILL "$pid"
on b ip xfrm state flush
rm -r /run/lab/b/peers
xfrmd_start b
ready=$(($(now_ms) - start))
wait_for 15 has_sa b "$(address a)"
sleep 1
stream_end
echo "b forgot its SAs: ready after $ready ms, gap $gap ms, doubts $(count doubts)"
expect 'doubts' "$(count doubts)" -ge 1
expect 'gap' $gap -lt $((ready + 3000))

# what keepalived tells the neighbours is told a by hand
wait_for 10 pings a 10.0.1.100
background a ping -n -D -i 0.02 10.0.1.100 >moved.out
pid=$!
sleep 1
doubts=$(count doubts)
host_address b del 10.0.1.100/24
host_address d add 10.0.1.100/24
on a ip neigh replace 10.0.1.100 lladdr "$(host_mac d)" dev eth0
wait_for 15 not is "$doubts" count doubts
wait_for 15 has_sa d 10.0.1.100
sleep 1
kill -INT $pid
wait $pid || true
gap=$(longest_gap moved.out)
echo "10.0.1.100 moved to d: gap $gap ms"
expect 'gap' "$gap" -lt 5000
flood_stop
expect_no_loss

# it lives, though a never hears of it
on d iptables-legacy -A INPUT -d 10.0.1.4 -p icmp --icmp-type echo-request -j DROP
renewals=$(count renewals) doubts=$(count doubts)
stream_start a d 100 0
sleep 25
stream_end
renewals=$(($(count renewals) - renewals)) doubts=$(($(count doubts) - doubts))
echo "one way in 25 s: renewals $renewals, doubts $doubts"
expect 'renewals of a flow that goes one way' $renewals -ge 1
expect 'renewals of a flow that goes one way' $renewals -le 5
expect 'given up' "$(count given_up)" = 0
expect_no_loss

# who is gone for good, idle or not, is given up when charon would have given it up by a check every dpd_delay
xfrmd_conf a '[charon]' 'dpd_delay = 5'
must ctl a reload
must pings a b
start=$(now_ms)
bridge link set dev b state 0
wait_for 30 not has_sa a "$(address b)"
gone=$(($(now_ms) - start))
echo "b is gone: its SAs after $gone ms"
expect 'ms until its SAs went' $gone -ge 9000
expect 'given up' "$(count given_up)" = 1
bridge link set dev b state 3
wait_for 20 pings a b

capture_stop a
expect_no_clear a
