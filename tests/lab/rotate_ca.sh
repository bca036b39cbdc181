# SPDX-License-Identifier: MIT
# The three rounds of `xfrmpki rotate`, each host by host under traffic. In every round two hosts
# negotiate anew and others rekey. At the end nothing is left of what the old CA vouched for.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second.
# Processors: several
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
host c 10.0.1.3/24
host d 10.0.1.4/24
for name in a b c d; do
	host_pki $name "$PKI"
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
done
# what comes out of each step, made now: keys take long while everything else runs
cp -r "$PKI" home
for step in add-ca reissue drop-ca; do
	must xfrmpki rotate $step --dir home >/dev/null
	cp -r home after-$step
done
for name in a b c; do
	xfrmd_start $name
done
wait_for 20 pings a b
wait_for 20 pings b c

# initiator_spis: of all IKE_SAs
initiator_spis() {
	local host
	for host in a b c; do
		ike_sas $host
	done | awk '{ print $2 }' | sort -u
}

old_gone() {
	! initiator_spis | grep -Fxf old_ike_sas
}

# round STEP CHANGE: what the reload says
round() {
	local name from=c to=a
	for name in a b c; do
		host_pki $name "after-$1"
		expect_text "reload after $1" "$(ctl $name reload)" "$2"
		[ $name != b ] || wait_for 10 rekey a b
		# without an SA to begin with, from either side
		wait_for 5 pings "$from" "$to"
		part "$from" "$to"
		from=$to to=$([ "$to" = a ] && echo c || echo a)
	done
	wait_for 5 pings "$from" "$to"
}

# together they see all
capture b
capture c
stream_start a b 250
tcp_start b c
round add-ca 'CA certificates: now 2'
round reissue 'instance certificate: now CN=instance'
initiator_spis >old_ike_sas
expect 'IKE_SAs' "$(wc -l <old_ike_sas)" -ge 3
round drop-ca 'CA certificates: now 1'
wait_for 40 old_gone

# A host that missed the last two rounds has the certificate of the old CA, and trusts only that.
# The new one has its name.
ca='CN=xfrmd lab CA'
xfrmd_start d
for name in a c; do
	must_not pings d $name
done
wait_for 10 is failed peers d '[p["state"] for p in d["peers"] if p["address"] == "10.0.1.1"][0]'
reason=$(peers d '[p["last_error"] for p in d["peers"] if p["address"] == "10.0.1.1"][0]')
expect 'reason on d' "$reason" = "the peer refused our certificate: it does not have our CA \"$ca\""
expect 'peers of d' "$(status d 'd["peers"]["up"]')" = 0
expect_text 'log of a' "$(cat "$FOLDER/a.log")" "peer: 10.0.1.4: a negotiation that it began failed: $(
	)the peer's certificate was not issued by any of our CAs: \"CN=instance\" is issued by another \"$ca\" than ours"

stream_end
tcp_end
capture_stop b c
expect_no_clear b
expect_no_clear c
echo "sent $sent, lost $lost, refused $refused, clear 0, longest gap $gap ms, TCP $(stat -c %s tcp.received) bytes"
echo "the host with the old certificate: $reason"
expect_no_loss
