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

start=$(now_ms)
lockdown few
few_ms=$(($(now_ms) - start))
start=$(now_ms)
lockdown a
lockdown_ms=$(($(now_ms) - start))
expect 'hash thresholds of the lockdown' "$(thresholds a)" = '0 24'
start=$(now_ms)
xfrmd_start a
ready_ms=$(($(now_ms) - start))
count=$(on a ip xfrm policy count)
expect 'hash thresholds' "$(thresholds a)" = '0 24'

start=$(now_ms)
on a ip xfrm policy flush
wait_for 60 is "$count" on a ip xfrm policy count
repair_ms=$(($(now_ms) - start))
echo "lockdown: $few_ms ms for a tenth, $lockdown_ms ms for all; ready: $ready_ms ms; repair: $repair_ms ms"
expect 'ms of the lockdown' $lockdown_ms -lt $((30 * few_ms))
expect 'ms until ready' $ready_ms -lt $((lockdown_ms * 3 / 2))
expect 'ms of the repair' $repair_ms -lt $((3 * lockdown_ms))
