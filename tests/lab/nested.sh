# SPDX-License-Identifier: MIT
# Allow in protect in allow: the longest prefix decides, whatever the order in the file.
lab_switch
host a 10.0.1.1/16
host inner 10.0.1.4/16
host middle 10.0.1.2/16
host outer 10.0.200.1/16
for name in a middle; do
	xfrmd_conf $name <<-EOF
		no_ipsec_subnets = 10.0.1.4/32, 10.0.0.0/16
		ipsec_subnets = 10.0.0.0/20
	EOF
done
capture a
xfrmd_start a
xfrmd_start middle

for name in inner middle outer; do
	wait_for 20 pings a $name
	tcp a $name
	tcp $name a
done

capture_stop a
expect_no_clear a 'host 10.0.1.2'
expect 'ESP packets to middle' "$(wire_count a 'ip proto 50 and host 10.0.1.2')" -gt 100
for address in 10.0.1.4 10.0.200.1; do
	expect "packets in clear with $address" "$(wire_clear a "tcp and host $address")" -gt 100
	expect "ESP or IKE with $address" \
		"$(wire_count a "(ip proto 50 or udp) and host $address")" = 0
done
