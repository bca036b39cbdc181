# SPDX-License-Identifier: MIT
# Policies follow the addresses that come and go, nobody else notices, and a new address negotiates.
# Who sends with the new address from its first moment on sends nothing in clear, even if xfrmd is slow.
fleet 10.0.1.0/24 a b
capture a
xfrmd_start a b
wait_for 20 pings a b
flood_start a b
knock a b 10.0.1.11

kill -STOP "${xfrmd_pid[a]}"
host_address a add 10.0.1.11/24
sleep 0.3
kill -CONT "${xfrmd_pid[a]}"
wait_for 2 has_policy a out 10.0.1.11/32 10.0.1.0/24
wait_for 2 has_policy a in 10.0.1.0/24 10.0.1.11/32
wait_for 20 on a ping -q -c 1 -W 1 -I 10.0.1.11 10.0.1.2
wait_for 5 has_sa b 10.0.1.11

host_address a del 10.0.1.11/24
wait_for 2 not has_policy a out 10.0.1.11/32 10.0.1.0/24
wait_for 2 not has_policy a in 10.0.1.0/24 10.0.1.11/32
expect 'policies that differ' "$(status a 'd["policies"]["drift"]')" = 0

knock_end a.b.10.0.1.11
flood_stop
expect 'packets lost' "$lost" = 0
capture_stop a
expect_no_clear a
