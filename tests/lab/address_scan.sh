# SPDX-License-Identifier: MIT
# A program sends to ever new addresses of a protected /8, as fast as it can. Who has an SA loses nothing,
# who is asked for in earnest meanwhile gets one, and who is asked for after it at once; what was asked
# for in vain is bounded, costs charon next to nothing, and nothing of it stays.
# Alone: it compares how long first contacts take.
fleet 10.0.0.0/8 a b <<-EOF
	[charon]
	dpd_delay = 5
EOF
host_address b add 10.9.0.{1..4}/8
xfrmd_start a b
wait_for 20 pings a b

# contact ADDRESS: how many milliseconds it takes until it answers
contact() {
	local start
	start=$(now_ms)
	wait_for 20 on a ping -q -n -c 1 -W 0.2 "$1" >/dev/null 2>&1
	echo $(($(now_ms) - start))
}
memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/${xfrmd_pid[a]}/status"
}
without_sa() {
	peers a 'sum(p["state"] != "up" for p in d["peers"])'
}

watch_start a b 200
alone=$(contact 10.9.0.1)
before=$(memory)
background a /usr/bin/python3 "$LAB/address_scan.py" 10 >scan.out
scan=$!
sleep 2
during=$(contact 10.9.0.2)
wait $scan
cat scan.out
# what one processor, shared with the scan, had not come to by then
all_read() {
	local before put_off='xfrmd_acquires_total{result="put_off"}'
	before=$(metric a "$put_off")
	sleep 0.5
	is "$before" metric a "$put_off"
}
wait_for 30 all_read
after=$(contact 10.9.0.3)
echo "first contacts: alone $alone ms, during the scan $during ms, after it $after ms"
expect 'ms of a first contact after the scan' "$after" -lt $((2 * alone + during + 2000))
# 4,096, and those that are negotiated with
expect 'peers without an SA' "$(without_sa)" -le $((4096 + 64))
expect 'kB of memory more' $(($(memory) - before)) -lt 20000
# xfrm_acq_expires, or probes of blocked hosts, tell that nobody asks any more
wait_for 60 is 0 metric a 'xfrmd_peers{state="negotiating"}'
# nobody has them, which the link tells: charon heard of few
expect 'negotiations that failed' "$(metric a 'xfrmd_negotiations_total{result="failed"}')" -lt 100
expect 'lines about failures' "$(grep -c 'failed: no response' "$FOLDER/a.log")" -lt 200
watch_end
expect 'packets lost' "$lost" = 0
expect 'in clear' "$clear" = 0
