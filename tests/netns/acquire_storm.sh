# SPDX-License-Identifier: MIT
# 1,000 first packets at once: every acquire of the kernel is received, and none is lost. It may ask
# once more for what it looks at again in a queue.
fleet_up 10.0.0.0/16 a=1.1
on a /usr/bin/python3 - <<-EOF
	import socket
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for number in range(1000):
	    try:
	        sock.sendto(b"", ("10.0.%d.%d" % (2 + number // 250, 1 + number % 250), 9))
	    except BlockingIOError:
	        pass  # the kernel asks, but holds no more than 100 packets for one policy
EOF
wait_for 5 is true status a 'd["acquires"]["received"] >= 1000'
expect 'lost' "$(status a 'd["acquires"]["lost"]')" = 0
expect 'in flight or waiting' "$(status a 'd["peers"]["negotiating"]')" -ge 900
expect 'healthy' "$(status a 'd["healthy"]')" = true
ctl a peers >peers
ms=$(best_ms ctl a peers) ip_ms=$(best_ms on a ip xfrm state)
echo "xfrmctl peers: $ms ms, $(wc -l <peers) lines; ip xfrm state: $ip_ms ms"
expect 'lines of peers' "$(wc -l <peers)" -ge 900
grep -q __asan_init "$BUILD/src/xfrmd/xfrmd" || expect 'ms for peers' "$ms" -lt $((10 * ip_ms))
