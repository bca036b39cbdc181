# SPDX-License-Identifier: MIT
# 10,000 subnets: all installed, a reload with one line changed writes exactly that, the kernel
# finds them by hash, memory stays small.
fleet 10.0.0.0/24 a <<-EOF
	ipsec_subnets_file = $PWD/subnets
	protect_forwarded = false
EOF
for i in $(seq 0 9999); do
	echo "172.$((16 + i / 2048)).$((i / 8 % 256)).$((i % 8 * 32))/27"
done >subnets
xfrmd_start a
grep 'spd: start' "$FOLDER/a.log"
expect 'policies installed' "$(status a 'd["policies"]["installed"]')" -ge 40000
expect 'out policies in the kernel' \
	"$(policies a | grep -c '^src 10.0.0.1/32 dst 172.')" = 10000
expect 'hash thresholds' "$(thresholds a)" = '0 27'
memory=$(awk '/VmRSS/ { print $2 }' "/proc/${xfrmd_pid[a]}/status")
echo "resident: $memory kB"

ip_ms=$(best_ms policies a)
for command in list 'list --all' 'explain 172.16.0.9'; do
	# shellcheck disable=SC2086
	ms=$(best_ms ctl a $command)
	echo "xfrmctl $command: $ms ms; ip xfrm policy: $ip_ms ms"
	[[ -n $WRAP ]] || grep -q __asan_init "$BUILD/src/xfrmd/xfrmd" ||
		expect "ms for $command" "$ms" -lt $((30 * ip_ms))
done

sed -i '5000s/.*/192.168.7.0\/24/' subnets
ctl a reload
expect 'added, updated, deleted' "$(last_change a)" = '4 0 4'
sed -i 5000d subnets
ctl a reload
expect 'added, updated, deleted' "$(last_change a)" = '0 0 4'
ctl a reload
expect 'policies that differ' "$(status a 'd["policies"]["drift"]')" = 0
[[ -n $WRAP ]] || grep -q __asan_init "$BUILD/src/xfrmd/xfrmd" ||
	expect 'resident kB' "$memory" -lt 15000

# an update of a policy that is not hashed costs O(n)
echo 'optional = true' >>"$FOLDER/a.conf"
ctl a reload
expect 'policies updated' "$(status a 'd["last_change"]["updated"]')" = 19998
ctl a flush
expect 'hash thresholds without policies' "$(thresholds a)" = '32 32'
