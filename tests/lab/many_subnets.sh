# SPDX-License-Identifier: MIT
# 10,000 subnets are 40,000 policies. With each addition this kernel (6.1) walks all those that it
# does not find by hash: unless its thresholds fit, ten times as many take a hundred times as long, at
# the start and in the repair of what somebody else flushed. charon, which sets them at its start, must
# know them: it costs twice as much else.
fleet 10.0.0.0/24 a few
for i in $(seq 0 9999); do
	echo "10.$((64 + i / 256)).$((i % 256)).0/24"
done >subnets
head -n 1000 subnets >subnets.few
xfrmd_conf a "ipsec_subnets_file = $PWD/subnets"
xfrmd_conf few "ipsec_subnets_file = $PWD/subnets.few"

# took COMMAND...: its milliseconds, in $took
took() {
	local start
	start=$(now_ms)
	"$@"
	took=$(($(now_ms) - start))
}

flushed_and_repaired() {
	local count
	count=$(on "$1" ip xfrm policy count)
	on "$1" ip xfrm policy flush
	wait_for 60 is "$count" on "$1" ip xfrm policy count
}

for step in lockdown xfrmd_start flushed_and_repaired; do
	took $step few
	few=$took
	took $step a
	expect "hash thresholds after $step" "$(thresholds a)" = '0 24'
	echo "$step: $few ms for a tenth, $took ms for all"
	expect "ms of $step" $took -lt $((30 * few))
done
