# SPDX-License-Identifier: MIT
# 10,000 subnets are 40,000 policies. With each addition this kernel (6.1) walks all those that it
# does not find by hash: unless its thresholds fit, the start takes a minute, and so does the repair
# of what somebody else flushed. charon, which sets them at its start, must know them: it costs 20 s
# else.
lab_switch
host a 10.0.0.1/24
for i in $(seq 0 9999); do
	echo "10.$((64 + i / 256)).$((i % 256)).0/24"
done >subnets
xfrmd_conf a <<-EOF
	ipsec_subnets_file = $PWD/subnets
EOF

# ms SINCE: milliseconds
ms() {
	echo $((($(date +%s%N) - $1) / 1000000))
}

lockdown a
expect 'hash thresholds of the lockdown' "$(thresholds a)" = '0 24'
begin=$(date +%s%N)
xfrmd_start a
expect 'ms until ready' "$(ms "$begin")" -lt 15000
echo "ready: $(ms "$begin") ms"
count=$(on a ip xfrm policy count)
expect 'hash thresholds' "$(thresholds a)" = '0 24'

begin=$(date +%s%N)
on a ip xfrm policy flush
wait_for 15 is "$count" on a ip xfrm policy count
echo "flush and repair: $(ms "$begin") ms"
