# SPDX-License-Identifier: MIT
# optional = true: clear with a host that has no IPsec, ESP with one that has it.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
host c 10.0.1.3/24
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
		optional = true
	EOF
done
xfrmd_start a
wait_for 5 pings a c
wait_for 5 pings a b
xfrmd_start b
expect 'mode' "$(status a 'd["mode"]')" = optional
flood_start a b
wait_for 60 is 1 status a 'd["peers"]["up"]'
wait_for 5 is 1 status b 'd["peers"]["up"]'
# what began in clear goes on as ESP
capture a
tcp a b
tcp b a
tcp a c
tcp c a
flood_stop
# in the moment when one end has its SA and the other not yet
expect 'packets lost' "$lost" -le $((sent / 20))

capture_stop a
expect_no_clear a 'host 10.0.1.2'
expect 'ESP packets' "$(wire_count a 'ip proto 50')" -gt 50
expect 'packets in clear to c' "$(wire_clear a 'host 10.0.1.3')" -gt 50
