# SPDX-License-Identifier: MIT
# A third host without IPsec, listed in no_ipsec_subnets, is reached in clear; the two others by ESP only.
fleet 10.0.0.0/20 a=1.1 b=1.2 -- c=1.10 <<<'no_ipsec_subnets = 10.0.1.10'
capture a b c
xfrmd_start a b

wait_for 20 pings a b
for pair in 'a b' 'a c' 'b c'; do
	# shellcheck disable=SC2086
	set -- $pair
	flood_start "$1" "$2"
	tcp "$1" "$2"
	tcp "$2" "$1"
	flood_stop
	expect_no_loss "$pair"
done

capture_stop a b c
expect_no_clear a 'not host 10.0.1.10'
expect_no_clear b 'not host 10.0.1.10'
expect 'ESP packets at c' "$(wire_count c 'ip proto 50 or udp port 500')" = 0
expect 'packets in clear between a and c' "$(wire_clear a 'host 10.0.1.10')" -gt 100
expect 'packets in clear between b and c' "$(wire_clear b 'host 10.0.1.10')" -gt 100
expect 'ESP packets between a and b' "$(wire_count a 'ip proto 50 and host 10.0.1.2')" -gt 100
