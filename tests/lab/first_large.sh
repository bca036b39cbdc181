# SPDX-License-Identifier: MIT
# First packets that do not fit beside ESP: those to strangers, and to hosts of which the kernel has
# learned the path MTU. It remembers that as an exception to the route, and whatever makes it take the
# exception anew while packets are held on it, such as a policy that is written, has them dropped
# without a counter.
# Processors: several
lab_switch
strangers=() learned=()
for number in {101..108}; do
	strangers+=("10.0.1.$number") learned+=("10.0.1.$((number + 20))")
done
host a 10.0.1.1/24
host b 10.0.1.2/24
for address in "${strangers[@]}" "${learned[@]}"; do
	host_address b add "$address/24"
done
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
	xfrmd_start $name
done
capture a
background b /usr/bin/python3 "$LAB/cold_peers.py" serve "${strangers[@]}" "${learned[@]}" >serve.out
wait_for 20 grep -q serving serve.out
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
ike_sas a | while read -r id _; do
	swan a --terminate --ike-id "$id" >/dev/null || true
done
wait_for 10 not has_sa a "$(address a)"
wait_for 10 not has_sa b "$(address a)"

on a /usr/bin/python3 "$LAB/cold_peers.py" large "${strangers[@]}" "${learned[@]}" | tee cold.out
grep -q 'large_missed=0 ' cold.out || fail "not all were answered: $(cat cold.out)"
capture_stop a
expect_no_clear a
