# SPDX-License-Identifier: MIT
# Somebody flushes, deletes or changes our policies: they are back within 100 ms, and the log says so.
lab_switch
host a 10.0.1.1/24 fd00::1/64
xfrmd_conf a <<-EOF
	ipsec_subnets = 10.0.1.0/24, 10.1.0.0/16, fd00::/64
	no_ipsec_subnets = 10.0.1.9
EOF
xfrmd_start a
policies a | sort >before

# took COMMAND...: takes away, then asks until all is as before; prints the milliseconds
took() {
	local start now
	start=$(date +%s%N)
	on a "$@"
	until policies a | sort | cmp -s - before; do
		now=$(date +%s%N)
		[ $((now - start)) -lt 2000000000 ] || fail "not repaired after $*"
	done
	now=$(date +%s%N)
	echo $(((now - start) / 1000000))
}

# repaired COMMAND...: within 100 ms. A busy machine can be late with the asking: best of three.
repaired() {
	local ms best=9999
	for _ in 1 2 3; do
		sleep 0.3 # or it is a fight, for which see policy_fight
		ms=$(took "$@")
		[ "$ms" -ge $best ] || best=$ms
	done
	echo "$*: repaired after at most $best ms"
	expect "ms until repaired after $*" $best -le 100
}

repaired ip xfrm policy flush
repaired ip xfrm policy delete src 10.0.1.1/32 dst 10.1.0.0/16 dir out
repaired ip xfrm policy update src 10.0.1.1/32 dst 10.1.0.0/16 dir out priority 30116
repaired ip xfrm policy update src 10.0.1.1/32 dst 10.1.0.0/16 dir out priority 5
expect 'repaired in status' "$(status a 'd["policies"]["repaired"]')" -ge 3
expect 'drift' "$(status a 'd["policies"]["drift"]')" = 0
must grep -q repaired "$FOLDER/a.log"
