# SPDX-License-Identifier: MIT
# An empty no_ipsec_subnets is a configuration like any other.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
		no_ipsec_subnets =
	EOF
done
capture b
xfrmd_start a
xfrmd_start b
wait_for 20 pings b a
tcp a b
capture_stop b
expect_no_clear b
expect 'ESP packets' "$(wire_count b 'ip proto 50')" -gt 100
