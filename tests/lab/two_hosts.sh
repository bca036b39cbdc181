# SPDX-License-Identifier: MIT
# The add-on's example configuration on two hosts: everything between them is ESP.
fleet 10.0.1.1/20 a b <<-EOF
	no_ipsec_subnets = 10.0.1.10/32, 10.0.1.4/32
	ike_proposals = aes128-sha256-modp2048!
	esp_proposals = aes128gcm16!
EOF
capture a
xfrmd_start a b

wait_for 20 pings a b
flood_start a b
tcp a b
tcp b a
flood_stop
expect_no_loss

capture_stop a
expect_no_clear a
expect 'ESP packets' "$(wire_count a 'ip proto 50')" -ge $((2 * sent))
expect 'peers up' "$(status a 'd["peers"]["up"]')" = 1
expect 'healthy' "$(status a 'd["healthy"]')" = true
expect 'state of b' "$(peers a 'd["peers"][0]["address"] + " " + d["peers"][0]["state"]')" = \
	'10.0.1.2 up'
expect "why b's traffic is ESP" "$(ctl a explain 10.0.1.2 | sed -n 1p)" = \
	'10.0.1.2: sent as ESP, accepted only as ESP: ipsec_subnets 10.0.0.0/20'
for document in peers 'explain 10.0.1.2'; do
	# shellcheck disable=SC2086
	documented a $document
done
