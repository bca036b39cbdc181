# SPDX-License-Identifier: MIT
# Fifty peers are contacted for the first time while one socket sends to twenty addresses that do not
# answer, ten of which did before: every first packet arrives, and nobody waits for the dead. Then
# six more at once, with the same result. Out of reach: what is sent in the one second in which an
# unknown address is found to be silent may stand behind it in the queue of the subnet policy, and is
# dropped with it.
# Processors: several
# Alone: it measures how long a first contact takes.
fleet 10.0.1.0/24 a b
living=(10.0.1.{101..150}) more=(10.0.1.{151..156})
known_dead=(10.0.1.{61..70}) unknown_dead=(10.0.1.{81..90})
host_address b add "${living[@]/%//24}" "${more[@]/%//24}" "${known_dead[@]/%//24}"
xfrmd_start a b
capture a
cold_serve b "${living[@]}" "${more[@]}"

# The first contact of all: nothing is in any cache.
must on a /usr/bin/python3 "$LAB/cold_peers.py" try 10.0.1.150 10.0.1.149 -- >first.out
for address in "${known_dead[@]}"; do
	wait_for 10 pings a "$address"
done
part a
for address in "${known_dead[@]}"; do
	wait_for 10 not has_sa a "$address"
	host_address b del "$address/24"
done

on a /usr/bin/python3 "$LAB/cold_peers.py" try "${living[@]:0:48}" -- \
	"${known_dead[@]}" "${unknown_dead[@]}" >cold.out
cat first.out cold.out

expect 'first packets not delivered' "$(printed cold.out udp_missed)" = 0
expect 'connections not made' "$(printed cold.out tcp_missed)" = 0
# One second is what a lost SYN costs, three are two of them: beside what it takes without the dead.
alone_ms=$(printed cold.out alone_tcp_slowest_ms) stall_ms=$(printed cold.out stall_ms)
expect 'median of the connections in ms' "$(printed cold.out tcp_median_ms)" -lt $((alone_ms + 1000))
expect 'slowest connection in ms' "$(printed cold.out tcp_slowest_ms)" -lt $((alone_ms + stall_ms + 3000))
expect 'slowest call of the sender to the dead in ms' "$(printed cold.out dead_slowest_ms)" -le \
	$((stall_ms + 500))
on a /usr/bin/python3 "$LAB/cold_peers.py" burst "${more[@]}" | tee cold.out
expect 'first packets not delivered' "$(printed cold.out udp_missed)" = 0
expect 'connections not made' "$(printed cold.out tcp_missed)" = 0
# two processors, and both ends are here
expect 'median of the connections in ms' "$(printed cold.out tcp_median_ms)" -lt $((${#more[@]} / 2 * alone_ms + 1000))
expect 'blocked addresses' "$(policies a | grep -c 'dir out action block priority 30020')" = 20
capture_stop a
expect_no_clear a
