# SPDX-License-Identifier: MIT
# What metrics count, and monitor shows: negotiations and their duration, and traffic, whose sums do not fall when SAs
# are replaced, expire, or are flushed by somebody else.
fleet 10.0.1.0/24 a b
xfrmd_start a b

pings_of() {
	on a ping -q -c "$1" -i 0.02 -W 1 10.0.1.2 >/dev/null
}

# has_sent COUNT: since `before`, and besides no more than the echoes by which either end asked for a sign
# of life: a sends them, or answers them
has_sent() {
	local sent asked='xfrmd_liveness_echoes_total'
	sent=$(($(metric a 'xfrmd_sa_packets_total{direction="out"}') - before))
	expect 'packets out' $sent -ge "$1"
	expect 'packets out' $sent -le $(($1 + $(metric a $asked) + $(metric b $asked)))
}

background a "$BUILD/src/xfrmctl/xfrmctl" --run-dir /run/lab/a monitor >events
wait_for 10 grep -q 'monitor: xfrmd' events
wait_for 20 pings a b
before=$(metric a 'xfrmd_sa_packets_total{direction="out"}')
pings_of 20
has_sent 20
expect 'packets in' "$(metric a 'xfrmd_sa_packets_total{direction="in"}')" -ge 20
expect 'bytes out' "$(metric a 'xfrmd_sa_bytes_total{direction="out"}')" -ge $((20 * 64))
expect 'SAs' "$(metric a 'xfrmd_sas{direction="out"}')" -ge 1
up=$(metric a 'xfrmd_negotiations_total{result="up"}')
expect 'negotiations' "$up" -ge 1
expect 'durations' "$(metric a 'xfrmd_negotiation_duration_seconds_count{result="up"}')" = "$up"
expect 'durations' "$(metric a 'xfrmd_negotiation_duration_seconds_bucket{result="up",le="+Inf"}')" = "$up"

# nobody looks between these and the ends of the SAs
pings_of 20
charon_rekey a b
pings_of 20
part a b
wait_for 5 is 0 metric a 'xfrmd_sas{direction="out"}'
has_sent 60

wait_for 5 pings a b
seen=$(metric a 'xfrmd_sa_packets_total{direction="out"}')
on a ip xfrm state flush
expect 'packets out' "$(metric a 'xfrmd_sa_packets_total{direction="out"}')" -ge "$seen"
wait_for 5 is 1 metric a xfrmd_sa_repairs_total

must grep -q 'peer: 10.0.1.2: negotiating -> up: SA established local=10.0.1.1' events
must grep -q 'sad: 10.0.1.1 -> 10.0.1.2: SA added spi=0x' events
must grep -q 'sad: 10.0.1.2 -> 10.0.1.1: SA gone spi=0x' events
must grep -q 'peer: 10.0.1.2: up -> idle: last SA closed' events
