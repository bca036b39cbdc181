# SPDX-License-Identifier: MIT
# New SAs under 1,000 packets a second each way and a TCP connection, without a moment in which none is
# valid: asked for by one end, by the other and by both at once, then by their age.
# Processors: several
fleet_up 10.0.1.0/24 a b <<-EOF
	[charon]
	rekey_time = 15
EOF
watch_start a b

for _ in {1..6}; do
	must ctl a rekey 10.0.1.2
done
for _ in {1..6}; do
	must ctl b rekey --all
done
for _ in {1..6}; do
	ctl a rekey --all &
	first=$!
	must ctl b rekey --all
	must wait $first
done

# by age; and of the old pairs none is left
renewed() {
	[ "$(metric a xfrmd_sa_renewals_total)" -ge 1 ]
}
wait_for 40 renewed
wait_for 40 has_sas a 2
wait_for 40 has_sas b 2

watch_end
spis=$(wire a 'ip proto 50 and src 10.0.1.1' |
	grep -o 'spi=0x[0-9a-f]*' | sort -u | wc -l)
echo "SAs that a sent through: $spis"
expect 'packets lost' "$lost" = 0
expect 'in clear' "$clear" = 0
expect 'SAs that a sent through' "$spis" -ge 20
for name in a b; do
	expect "moments without an SA on $name" "$(metric $name xfrmd_sa_gaps_total)" = 0
done
