# SPDX-License-Identifier: MIT
# Somebody flushes, deletes or changes our policies: they are back at once, and the log says so.
fleet_up '10.0.1.0/24 10.1.0.0/16 fd00::/64' a=10.0.1.1/24,fd00::1/64 <<<'no_ipsec_subnets = 10.0.1.9'
policies a | sort >before

unchanged() {
	policies a | sort | cmp -s - before
}

# repaired COMMAND...: takes away, then asks until all is as before. xfrmd pauses for 50 ms at most, and
# has to need no more beside it than asking takes ten times. Best of three, since a busy machine can be
# late.
repaired() {
	local start ms best=9999 asking
	asking=$(best_ms unchanged)
	for _ in 1 2 3; do
		sleep 0.3 # or it is a fight, for which see policy_fight
		start=$(now_ms)
		on a "$@"
		until unchanged; do
			[ $(($(now_ms) - start)) -lt 2000 ] || fail "not repaired after $*"
		done
		ms=$(($(now_ms) - start))
		[ "$ms" -ge $best ] || best=$ms
	done
	echo "$*: repaired after at most $best ms; asking: $asking ms"
	expect "ms until repaired after $*" $best -le $((50 + 10 * asking))
}

repaired ip xfrm policy flush
repaired ip xfrm policy delete src 10.0.1.1/32 dst 10.1.0.0/16 dir out
repaired ip xfrm policy update src 10.0.1.1/32 dst 10.1.0.0/16 dir out priority 30116
repaired ip xfrm policy update src 10.0.1.1/32 dst 10.1.0.0/16 dir out priority 5
expect 'repaired in status' "$(status a 'd["policies"]["repaired"]')" -ge 3
expect 'drift' "$(status a 'd["policies"]["drift"]')" = 0
must grep -q repaired "$FOLDER/a.log"
