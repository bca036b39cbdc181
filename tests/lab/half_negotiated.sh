# SPDX-License-Identifier: MIT
# A negotiation anew of which one end has SAs and the other has none: the last message never arrives.
# Both go on with the older pair, which works, until charon's own check finds the half one, after ten times
# dpd_delay; whichever end began. An end that went over to it would send into nothing for a second or two.
fleet_up 10.0.1.0/24 a b <<-EOF
	[charon]
	dpd_delay = 5
EOF
# now: a change of what queues packets drops some
for name in a b; do
	tc qdisc add dev $name clsact
done

# deaf HOST ADDRESS: messages of IKE that are as long as one with a certificate do not reach it
deaf() {
	tc filter add dev "$1" egress protocol ip pref 1 u32 match ip src "$2" match ip protocol 17 0xff \
		match ip sport 500 0xffff match u16 0x0400 0xfc00 at 2 action drop
}

# half NEAR FAR: NEAR asks for new SAs, of which only FAR gets any
half() {
	local near=$1 far=$2 address first
	address=$(address "$far")
	deaf "$near" "$address"
	ctl "$near" rekey "$address" >"rekey.$near" 2>&1 &
	first=$!
	wait_for 10 has_sas "$far" 4
	wait_for 80 has_sas "$far" 2
	tc filter del dev "$near" egress
	must_not wait $first
	expect_text "rekey by $near" "$(cat "rekey.$near")" 'no response from the peer'
}

watch_start a b
half a b
must ctl a rekey 10.0.1.2
half b a
must ctl b rekey 10.0.1.1
watch_end_well

# where the peer is heard of by nothing
stream_start a b 1000 0
half b a
stream_end
expect_no_loss
must pings b a
