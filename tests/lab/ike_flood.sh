# SPDX-License-Identifier: MIT
# Anybody on the link sends IKE_SA_INIT from addresses that nobody has: established peers lose nothing,
# none is taken for dead, and status names it. New peers come up while it lasts, if it is no more
# than this machine can answer, and else when it is over.
fleet 10.0.0.0/16 a b d=4 -- c=3 <<-EOF
	[charon]
	dpd_delay = 5
EOF
xfrmd_start a b d

# flood_ike RATE NETWORK: until ike_flood_end
flood_ike() {
	background c /usr/bin/python3 "$LAB/ike_flood.py" "$FOLDER/d.pcap" 10.0.0.1 \
		"$(host_mac a)" "$1" "$2" >/run/lab/ike_flood
	ike_flood_pid=$!
}
ike_flood_end() {
	kill -INT "$ike_flood_pid"
	wait "$ike_flood_pid"
	echo "IKE_SA_INIT of nobody: $(cat /run/lab/ike_flood)"
}

# contact HOST: has it send to a for the first time; sets contact_ms, until the first packet arrives.
# Fails if that is late or packets were lost, unless a cannot answer all that ask it; nor what went to a
# when it had not answered for a second.
contact() {
	local begun
	[ ! -e /run/lab/knocks.a ] || : >/run/lab/knocks.a
	overrun=
	knock "$1" a
	begun=$(now_ms)
	wait_for 60 contact_made "$1.a.any"
	contact_ms=$(($(now_ms) - begun))
	knock_end "$1.a.any"
	if [ -n "$overrun" ]; then
		echo "more than this machine can answer: one in $overrun was let in"
	elif [ $contact_ms -gt 1000 ]; then
		echo "slower than a second: $contact_ms ms"
	else
		expect_no_loss "$1 and a"
	fi
}
contact_made() {
	local one_in
	one_in=$(metric a xfrmd_ike_admitted_one_in)
	[ "$one_in" = 1 ] || overrun=$one_in
	[ -n "$overrun" ] || [ "$(knocked "$1")" -gt 0 ]
}
flood_is_told() {
	[[ $(status a 'd["warnings"] + d["problems"]') == *'a flood of IKE_SA_INIT'* ]]
}
# forget HOST: it and a have no SAs; what was being negotiated may be up at one of them only
forget() {
	wait_for 20 forgotten "$1"
}
forgotten() {
	part "$1" a
	part a "$1"
	not has_sa a "$(address "$1")" && not has_sa "$1" 10.0.0.1
}

capture d
contact d
capture_stop d
forget d
contact d
quiet_ms=$contact_ms
forget d
wait_for 20 pings a b
watch_start a b 250

# three times what a socket has room for by default
flood_ike 300 10.0.64.0/24
wait_for 15 flood_is_told
contact d
flood_ms=$contact_ms
ike_flood_end
forget d
wait_for 10 is 1 metric a xfrmd_ike_admitted_one_in
contact d
echo "first contact: quiet $quiet_ms ms, in the flood $flood_ms ms, after it $contact_ms ms"

# more than charon and the kernel's table of neighbours take
forget d
flood_ike 5000 10.0.64.0/18
sleep 15
must on a ping -n -q -c 1 -W 1 10.0.0.2 >/dev/null
expect 'peers up in the flood' "$(status a 'd["peers"]["up"]')" = 1
ike_flood_end
wait_for 10 is 1 metric a xfrmd_ike_admitted_one_in
contact d
expect 'let in after more' "$overrun" = ''
echo "first contact after more: $contact_ms ms"

# from far away, by a router; and who let only some in dies meanwhile
forget d
ip -n a route add 172.16.0.0/14 via 10.0.0.3
flood_ike 5000 172.16.0.0/16
sleep 5
charon=$(charon_pid a)
xfrmd_kill a
xfrmd_start a
expect 'charon of the successor' "$(charon_pid a)" = "$charon"
sleep 5
ike_flood_end
wait_for 20 is 1 metric a xfrmd_ike_admitted_one_in
contact d
expect 'let in after the router' "$overrun" = ''
echo "first contact after the router: $contact_ms ms"
# longer than it takes to give a peer up
sleep 15
watch_end_well
expect 'peers up' "$(status a 'd["peers"]["up"]')" = 2
