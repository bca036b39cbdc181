# SPDX-License-Identifier: MIT
# What metrics count, and monitor shows: negotiations and their duration, and traffic, whose sums do not fall when SAs
# are replaced, expire, or are flushed by somebody else.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
	xfrmd_start $name
done

# metric NAME-AND-LABELS: its value on a
metric() {
	ctl a metrics | awk -v name="$1" '$1 == name { print $2 }'
}

pings_of() {
	on a ping -q -c "$1" -i 0.02 -W 1 10.0.1.2 >/dev/null
}

background a "$BUILD/src/xfrmctl/xfrmctl" --run-dir /run/lab/a monitor >events
wait_for 10 grep -q 'monitor: xfrmd' events
wait_for 20 pings a b
before=$(metric 'xfrmd_sa_packets_total{direction="out"}')
pings_of 20
expect 'packets out' "$(metric 'xfrmd_sa_packets_total{direction="out"}')" = $((before + 20))
expect 'packets in' "$(metric 'xfrmd_sa_packets_total{direction="in"}')" -ge 20
expect 'bytes out' "$(metric 'xfrmd_sa_bytes_total{direction="out"}')" -ge $((20 * 64))
expect 'SAs' "$(metric 'xfrmd_sas{direction="out"}')" -ge 1
up=$(metric 'xfrmd_negotiations_total{result="up"}')
expect 'negotiations' "$up" -ge 1
expect 'durations' "$(metric 'xfrmd_negotiation_duration_seconds_count{result="up"}')" = "$up"
expect 'durations' "$(metric 'xfrmd_negotiation_duration_seconds_bucket{result="up",le="+Inf"}')" = "$up"

# nobody looks between these and the ends of the SAs
pings_of 20
charon_rekey a b
pings_of 20
part a b
wait_for 5 is 0 metric 'xfrmd_sas{direction="out"}'
expect 'packets out' "$(metric 'xfrmd_sa_packets_total{direction="out"}')" = $((before + 60))

wait_for 5 pings a b
seen=$(metric 'xfrmd_sa_packets_total{direction="out"}')
on a ip xfrm state flush
expect 'packets out' "$(metric 'xfrmd_sa_packets_total{direction="out"}')" -ge "$seen"
wait_for 5 is 1 metric xfrmd_sa_repairs_total

must grep -q 'peer: 10.0.1.2: negotiating -> up: SA established local=10.0.1.1' events
must grep -q 'sad: 10.0.1.1 -> 10.0.1.2: SA added spi=0x' events
must grep -q 'sad: 10.0.1.2 -> 10.0.1.1: SA gone spi=0x' events
must grep -q 'peer: 10.0.1.2: up -> idle: last SA closed' events
