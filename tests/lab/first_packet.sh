# SPDX-License-Identifier: MIT
# Fifty peers are contacted for the first time while one socket sends to twenty addresses that do not
# answer, ten of which did before: every first packet arrives, and nobody waits for the dead. Then
# six more at once, with the same result. Out of reach: what is sent in the one second in which an
# unknown address is found to be silent may stand behind it in the queue of the subnet policy, and is
# dropped with it.
# Processors: several
# Alone: it measures how long a first contact takes.
lab_switch
living=() more=() known_dead=() unknown_dead=()
for number in {101..150}; do
	living+=("10.0.1.$number")
done
for number in {151..156}; do
	more+=("10.0.1.$number")
done
for number in {61..70}; do
	known_dead+=("10.0.1.$number") unknown_dead+=("10.0.1.$((number + 20))")
done
host a 10.0.1.1/24
host b 10.0.1.2/24
for address in "${living[@]}" "${more[@]}" "${known_dead[@]}"; do
	host_address b add "$address/24"
done
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
	xfrmd_start $name
done
capture a
background b /usr/bin/python3 "$LAB/cold_peers.py" serve "${living[@]}" "${more[@]}" >serve.out
wait_for 20 grep -q serving serve.out

# The first contact of all: nothing is in any cache.
must on a /usr/bin/python3 "$LAB/cold_peers.py" try 10.0.1.150 10.0.1.149 -- >first.out
for address in "${known_dead[@]}"; do
	wait_for 10 pings a "$address"
done
# b may be faster with the DELETEs
ike_sas a | while read -r id _; do
	swan a --terminate --ike-id "$id" >/dev/null || true
done
for address in "${known_dead[@]}"; do
	wait_for 10 not has_sa a "$address"
	host_address b del "$address/24"
done

on a /usr/bin/python3 "$LAB/cold_peers.py" try "${living[@]:0:48}" -- \
	"${known_dead[@]}" "${unknown_dead[@]}" >cold.out
cat first.out cold.out

# value NAME: what it printed
value() {
	sed -n "s/.*\\<$1=\\([0-9-]*\\).*/\\1/p" cold.out
}

expect 'first packets not delivered' "$(value udp_missed)" = 0
expect 'connections not made' "$(value tcp_missed)" = 0
# One second is what a lost SYN costs, three are two of them: beside what it takes without the dead.
alone_ms=$(value alone_tcp_slowest_ms) stall_ms=$(value stall_ms)
expect 'median of the connections in ms' "$(value tcp_median_ms)" -lt $((alone_ms + 1000))
expect 'slowest connection in ms' "$(value tcp_slowest_ms)" -lt $((alone_ms + stall_ms + 3000))
expect 'slowest call of the sender to the dead in ms' "$(value dead_slowest_ms)" -le \
	$((stall_ms + 500))
on a /usr/bin/python3 "$LAB/cold_peers.py" burst "${more[@]}" | tee cold.out
expect 'first packets not delivered' "$(value udp_missed)" = 0
expect 'connections not made' "$(value tcp_missed)" = 0
expect 'median of the connections in ms' "$(value tcp_median_ms)" -lt $((alone_ms + 1000))
expect 'blocked addresses' "$(policies a | grep -c 'dir out action block priority 30020')" = 20
capture_stop a
expect_no_clear a
