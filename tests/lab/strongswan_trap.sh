# SPDX-License-Identifier: MIT
# The other end runs plain strongSwan with a trap connection: traffic flows, whoever begins.
fleet 10.0.1.0/24 a -- b c
capture a
xfrmd_start a
strongswan_start b 10.0.1.0/24
strongswan_start c 10.0.1.0/24

wait_for 20 pings a b
wait_for 20 pings c a
for name in b c; do
	flood_start a $name
	tcp a $name
	tcp $name a
	flood_stop
	expect_no_loss "a and $name"
done
capture_stop a
expect_no_clear a
expect 'ESP packets' "$(wire_count a 'ip proto 50')" -gt 200
