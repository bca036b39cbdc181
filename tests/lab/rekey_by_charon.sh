# SPDX-License-Identifier: MIT
# What charon does if xfrmd is late, and peers that are no xfrmd always: rekeying in which the old SA
# ends when the new one is there. Each takes a moment in which packets are held, and on several
# processors some of them are lost; xfrmd counts these moments. Without pins a collision costs seconds.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second.
fleet_up 10.0.1.0/24 a b
watch_start a b 250

for _ in {1..5}; do
	charon_rekey a b
done
for _ in {1..5}; do
	charon_rekey b a
done
# one of two colliding requests may find its SA gone
for _ in {1..5}; do
	charon_rekey a b >/dev/null 2>&1 &
	first=$!
	charon_rekey b a >/dev/null 2>&1 || true
	wait $first || true
done

watch_end
for name in a b; do
	gaps=$(metric $name xfrmd_sa_gaps_total)
	echo "moments without an SA on $name: $gaps"
	expect "moments without an SA on $name" "$gaps" -ge 10
done
expect 'in clear' "$clear" = 0
# a hundredth: a collision without pins loses several
expect 'packets lost' "$lost" -le $((sent / 100))
