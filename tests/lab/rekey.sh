# SPDX-License-Identifier: MIT
# Rekeying under 1,000 packets a second each way: by one side, by the other, by both at once. Without
# pins a collision costs seconds.
# Processors: several
# Alone: the kernel holds 100 packets of a peer between two pins, a tenth of a second.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
	xfrmd_start $name
done
wait_for 20 pings a b
watch_start a b

for _ in {1..7}; do
	rekey a b
done
for _ in {1..7}; do
	rekey b a
done
# one of two colliding requests may find its SA gone
for _ in {1..6}; do
	rekey a b >/dev/null 2>&1 &
	first=$!
	rekey b a >/dev/null 2>&1 || true
	wait $first || true
done

watch_end
spis=$(tcpdump -nn -r "$FOLDER/a.pcap" 'ip proto 50 and src 10.0.1.1' 2>/dev/null |
	grep -o 'spi=0x[0-9a-f]*' | sort -u | wc -l)
echo "SAs that a sent through: $spis"
expect_no_loss
expect 'in clear' "$clear" = 0
expect 'SAs that a sent through' "$spis" -ge 20
