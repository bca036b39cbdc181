# SPDX-License-Identifier: MIT
# IPv6 and IPv4 side by side: neighbour discovery works, own addresses too, all else is ESP.
fleet '10.0.1.0/24 fd00::/64' a b
capture a
xfrmd_start a b

wait_for 20 pings a b 6
flood_start a b 6
tcp a b 6
tcp b a 6
flood_stop
expect_no_loss
tcp a b 4
must pings a a 6
# probes of neighbours that are known already are unicast
on a ip -6 neigh flush dev eth0
wait_for 5 pings a b 6

capture_stop a
expect_no_clear a
expect 'ESP packets, IPv6' "$(wire_count a 'ip6 proto 50')" -ge $((2 * sent))
expect 'ESP packets, IPv4' "$(wire_count a 'ip proto 50')" -gt 100
