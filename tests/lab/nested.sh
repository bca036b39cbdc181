# SPDX-License-Identifier: MIT
# Allow in protect in allow: the longest prefix decides, whatever the order in the file.
fleet 10.0.1.0/16 a middle -- inner=4 outer=10.0.200.1/16 <<-EOF
	no_ipsec_subnets = 10.0.1.4/32, 10.0.0.0/16
	ipsec_subnets = 10.0.0.0/20
EOF
capture a
xfrmd_start a middle

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
