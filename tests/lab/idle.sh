# SPDX-License-Identifier: MIT
# SAs without a packet for idle_timeout are closed at both ends and come back at the first packet; a busy
# peer keeps its own. With c both ends begin to send in the moment in which a closes, while its DELETE
# is under way for 50 ms and the answer for another 50: neither that nor the negotiations of both that
# follow loses anything. They take 400 ms, or two seconds on a slow machine, and the kernel holds 100
# packets.
# Alone: both ends have to begin within these 100 ms.
fleet 10.0.1.0/24 a b c d <<-EOF
	[charon]
	idle_timeout = 5
EOF
xfrmd_start a b c d
for name in a c; do
	on $name tc qdisc add dev eth0 root netem delay 50ms
done
capture a
stream_start a c 40 40 go
mkfifo events
{
	grep -q '10.0.1.3: up -> idle: unused' <events
	touch go
} &
background a tail -n 0 -f -s 0.01 "$FOLDER/a.log" >events

# from its first packet on: a slow machine takes longer than idle_timeout for the others
wait_for 20 pings a b
background a ping -q -i 0.5 "$(address b)" >/dev/null
busy=$(ike_sas a b)
for name in d c; do
	wait_for 20 pings a $name
done
drops_start
wait_for 12 test -e go
wait_for 5 not has_sa d "$(address a)"
wait_for 5 has_sa a "$(address c)"
wait_for 5 has_sa c "$(address a)"
must_not has_sa a "$(address d)"
stream_end
capture_stop a
drops_end
expect_no_clear a

must pings d a
expect 'SAs with the busy peer' "$(ike_sas a b)" = "$busy"
expect_text 'log of a' "$(grep 10.0.1.4 "$FOLDER/a.log")" '10.0.1.4: up -> idle: unused'
expect_text 'log of d' "$(grep 10.0.1.1 "$FOLDER/d.log")" '10.0.1.1: up -> idle: last SA closed'
