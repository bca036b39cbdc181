# SPDX-License-Identifier: MIT
# A peer with a certificate of ours, but with plain strongSwan that wants what we do not negotiate, or
# more than a peer needs: that is ended and told, and what we do negotiate goes on.
fleet 10.0.1.0/24 a -- b
xfrmd_start a
strongswan_start b 10.0.1.0/24
wait_for 20 pings b a

swanctl() {
	strongswan b "$@" >>"$FOLDER/b.swanctl" 2>&1
}

# connection NAME OVER_TIME CHILDREN: reusing no IKE_SA of one with another OVER_TIME
connection() {
	strongswan_connection "$1" "remote_addrs = 10.0.1.1
		over_time = $2" "$3"
}
child() {
	echo "$1 { esp_proposals = aes128gcm16
		$2
	}"
}
{
	echo 'include swanctl.conf'
	echo 'connections {'
	connection unlike 500s "$(child tunnel 'mode = tunnel')
		$(child port 'mode = transport
			remote_ts = dynamic[tcp/80]')"
	connection childless 550s ''
	connection many 600s "$(for i in {1..16}; do
		child "again$i" "rekey_time = $((100 + i))m
			mode = transport"
	done)"
	for i in {1..40}; do
		connection "more$i" "$((700 + i))s" "$(child "more$i" 'mode = transport')"
	done
	echo '}'
} >/run/lab/b/more.conf
must swanctl --load-conns --file /run/lab/b/more.conf

# kernel_sas: between the two, as a has them
kernel_sas() {
	on a ip xfrm state | grep -cE '^src 10.0.1.(1|2) dst'
}
told() {
	grep -qF "peer: 10.0.1.2: $1" "$FOLDER/a.log"
}
at_most() {
	[ "$(kernel_sas)" -le "$1" ]
}
# b has not more than one, so that none that a ends carries what comes next
ike_sas() {
	strongswan b --list-sas --noblock 2>/dev/null | grep -c '^[a-z0-9]*: #.*ESTABLISHED'
}
alone() {
	[ "$(ike_sas)" -le 1 ]
}

before=$(kernel_sas)
swanctl --initiate --child tunnel --timeout 5 || true
wait_for 5 told 'ended an IKE_SA: tunnel mode'
wait_for 5 alone
swanctl --initiate --child port --timeout 5 || true
wait_for 5 told 'ended an IKE_SA: selectors of one protocol or port'
wait_for 5 at_most "$before"
must pings b a

# without a CHILD_SA, and one that loses what it had
swanctl --initiate --ike childless --timeout 5 || true
must alone
swanctl --initiate --child again1 --timeout 5 || true
expect 'IKE_SAs' "$(ike_sas)" -ge 1
swanctl --terminate --child again1 --timeout 5 || true
wait_for 10 alone
wait_for 10 pings b a

for i in {1..16}; do
	swanctl --initiate --child "again$i" --timeout 5 || true
done
echo "16 CHILD_SAs of one IKE_SA: $(kernel_sas) SAs"
wait_for 10 at_most $((before + 2 * 8))
must told 'ended a CHILD_SA: it has too many, the new one goes'
# whether b takes what comes by one of the others is for its own policies to say
expect 'peers up' "$(status a 'd["peers"]["up"]')" = 1

# as fast as it can, since duplicates are ended after a while
initiators=()
for i in {1..40}; do
	swanctl --initiate --child "more$i" --timeout 20 &
	initiators+=($!)
done
for initiator in "${initiators[@]}"; do
	wait "$initiator" || true
done
echo "40 IKE_SAs more: $(kernel_sas) SAs"
wait_for 10 at_most $((2 * 16))
must told 'ended an IKE_SA: it has too many, the oldest goes'
expect 'peers up' "$(status a 'd["peers"]["up"]')" = 1
