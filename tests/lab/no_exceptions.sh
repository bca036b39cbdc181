# SPDX-License-Identifier: MIT
# An empty no_ipsec_subnets is a configuration like any other.
fleet 10.0.1.0/24 a b <<<'no_ipsec_subnets ='
capture b
xfrmd_start a b
wait_for 20 pings b a
tcp a b
capture_stop b
expect_no_clear b
expect 'ESP packets' "$(wire_count b 'ip proto 50')" -gt 100
