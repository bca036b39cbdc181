# SPDX-License-Identifier: MIT
# First packets that do not fit beside ESP: those to new peers, and to hosts of which the kernel has
# learned the path MTU. It remembers that as an exception to the route, and whatever makes it take the
# exception anew while packets are held on it, such as a policy that is written, has them dropped
# without a counter.
fleet 10.0.1.0/24 a b
unknown=(10.0.1.{101..108}) learned=(10.0.1.{121..128})
host_address b add "${unknown[@]/%//24}" "${learned[@]/%//24}"
xfrmd_start a b
capture a
cold_serve b "${unknown[@]}" "${learned[@]}"
wait_for 20 pings a b

# learns ADDRESS: whether the kernel has the MTU that ESP leaves, after a packet that does not fit
learns() {
	must_not on a ping -q -n -c 1 -W 1 -M do -s 1472 "$1" >/dev/null
	ip -n a route get "$1" | grep -q ' mtu '
}

for address in "${learned[@]}"; do
	# the first one is held
	wait_for 10 learns "$address"
done
part a
wait_for 10 not has_sa a "$(address a)"
wait_for 10 not has_sa b "$(address a)"

on a /usr/bin/python3 "$LAB/cold_peers.py" large "${unknown[@]}" "${learned[@]}" | tee cold.out
grep -q 'large_missed=0 ' cold.out || fail "not all were answered: $(cat cold.out)"
capture_stop a
expect_no_clear a
