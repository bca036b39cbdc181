# SPDX-License-Identifier: MIT
# The lab has ESP, and its counters tell ESP from clear text: two plain strongSwan hosts, one without.
fleet 10.0.1.0/20 -- a b c
strongswan_start a 10.0.1.2/32
strongswan_start b 10.0.1.1/32
capture a

wait_for 20 pings a b
flood_start a b
tcp a b
tcp a c
flood_stop
expect_no_loss

capture_stop a
expect_no_clear a 'host 10.0.1.2'
expect 'ESP packets' "$(wire_count a 'ip proto 50')" -ge $((2 * sent))
expect 'packets in clear to c' "$(wire_clear a 'host 10.0.1.3 and tcp')" -gt 10
