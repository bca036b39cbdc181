# SPDX-License-Identifier: MIT
# optional = true: clear with a host that has no IPsec, ESP with one that has it. Connections that
# began in clear move to ESP when the SA is up; of the two ends the one that answers has its SA first and
# goes on in clear until the other one has its own.
# Alone: it counts what is lost in that moment.
fleet 10.0.1.0/24 a b -- c <<<'optional = true'
xfrmd_start a
wait_for 5 pings a c
expect 'mode' "$(status a 'd["mode"]')" = optional
watch_start a b

# times FILTER: of the first and the last such packet in the capture, in milliseconds
times() {
	wire a "$1" -tt |
		awk 'NR == 1 { first = $1 } { last = $1 } END { printf "%.0f %.0f", first * 1000, last * 1000 }'
}

xfrmd_start b
wait_for 60 is 1 status a 'd["peers"]["up"]'
wait_for 5 is 1 status b 'd["peers"]["up"]'
tcp a c
tcp c a

watch_end
protected=$(times 'ip proto 50') in_clear=$(times "$wire_clear_filter and host 10.0.1.2")
later=$((${in_clear#* } - ${protected% *}))
echo "the last packet in clear came $later ms after the first one in ESP"
duration='xfrmd_negotiation_duration_seconds_sum{result="up"}'
negotiated=$({ metric a "$duration"; metric b "$duration"; } | awk '{ sum += $1 } END { printf "%d", 1000 * sum }')
echo "the negotiation took $negotiated ms"
expect 'ms of both' $later -le "$negotiated"
expect_no_loss
expect 'TCP segments in clear' "$(wire_clear a 'host 10.0.1.2 and tcp port 7001')" -ge 10
expect 'ESP packets' "$(wire_count a 'ip proto 50')" -ge 500
expect 'packets in clear to c' "$(wire_clear a 'host 10.0.1.3')" -gt 50
