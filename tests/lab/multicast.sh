# SPDX-License-Identifier: MIT
# Everything is protected, and programs send what nobody can negotiate for: VRRP, mDNS, to the limited
# broadcast. It does not leave, asks for no SA, and no first packet waits behind it.
fleet '10.0.1.0/24 fd00:1::/64' a b <<<'ipsec_subnets = 0.0.0.0/0, ::/0'
cold=(10.0.1.{101..124}) to_many=(224.0.0.18 224.0.0.251 239.1.2.3 255.255.255.255)
host_address b add "${cold[@]/%//24}"
ip -n a route add default dev eth0
xfrmd_start a b
capture a
cold_serve b "${cold[@]}"
wait_for 20 pings a b

on a /usr/bin/python3 "$LAB/cold_peers.py" try "${cold[@]}" -- "${to_many[@]}" | tee cold.out
must_not on a ping -q -c 2 -i 0.2 -W 1 -I fd00:1::1 ff05::2 >/dev/null

expect 'first packets not delivered' "$(printed cold.out udp_missed)" = 0
expect 'connections not made' "$(printed cold.out tcp_missed)" = 0
expect 'median of the connections in ms' "$(printed cold.out tcp_median_ms)" -lt \
	$(($(printed cold.out alone_tcp_slowest_ms) + 1000))
expect 'larval SAs to many' "$(ip -n a xfrm state | grep -cE 'dst (2(24|39|55)\.|ff)' || true)" = 0
reason=$(ctl a explain 224.0.0.18)
grep -q 'not sent: nobody could negotiate for a multicast address' <<<"$reason" ||
	fail "explain says: $reason"
capture_stop a
expect_no_clear a
leaked=$(wire a 'src host 10.0.1.1 and (multicast or broadcast) and not arp')
expect 'packets to many' "$(grep -c . <<<"$leaked" || true)" = 0

# nor from an address that is there before its policies
capture a
kill -STOP "${xfrmd_pid[a]}"
ip -n a addr add 10.0.1.50/24 dev eth0
for address in "${to_many[@]}"; do
	must_not on a ping -q -b -c 2 -i 0.2 -W 1 -I 10.0.1.50 "$address" >/dev/null 2>&1
done
kill -CONT "${xfrmd_pid[a]}"
capture_stop a
expect_no_clear a
