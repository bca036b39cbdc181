# SPDX-License-Identifier: MIT
# The three rounds of `xfrmpki rotate`, each host by host under traffic. In every round two hosts
# negotiate anew and others rekey. At the end nothing is left of what the old CA vouched for.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second.
fleet --pki "$PKI" 10.0.1.0/24 a b c d
# what comes out of each step, made now: keys take long while everything else runs
cp -r "$PKI" home
for step in add-ca reissue drop-ca; do
	must xfrmpki rotate $step --dir home >/dev/null
	cp -r home after-$step
done
xfrmd_start a b c
wait_for 20 pings a b
wait_for 20 pings b c

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

renewal_start
round add-ca 'CA certificates: now 2'
round reissue 'instance certificate: now CN=instance'
ike_spis a b c >old_ike_sas
expect 'IKE_SAs' "$(wc -l <old_ike_sas)" -ge 3
round drop-ca 'CA certificates: now 1'
wait_for 40 ike_sas_gone old_ike_sas a b c

# A host that missed the last two rounds has the certificate of the old CA, and trusts only that.
# The new one has its name.
ca='CN=xfrmd lab CA'
xfrmd_start d
for name in a c; do
	must_not pings d $name
done
wait_for 10 is failed peer d 10.0.1.1 'p["state"]'
reason=$(peer d 10.0.1.1 'p["last_error"]')
expect 'reason on d' "$reason" = "the peer refused our certificate: it does not have our CA \"$ca\""
expect 'peers of d' "$(status d 'd["peers"]["up"]')" = 0
expect_text 'log of a' "$(cat "$FOLDER/a.log")" "peer: 10.0.1.4: a negotiation that it began failed: $(
	)the peer's certificate was not issued by any of our CAs: \"CN=instance\" is issued by another \"$ca\" than ours"

renewal_end
echo "the host with the old certificate: $reason"
