# SPDX-License-Identifier: MIT
# The peer begins, and what this end sends by itself as soon as its kernel has the SA, or 20 ms later,
# arrives: the peer has its own after the answer only. So do the answers to pings, which the kernel
# cannot hold with IPv6.
# Processors: several
fleet '10.0.1.0/24 fd00:1::/64' a b
cold=(10.0.1.{101..115} fd00:1::{101..115}) pinged=(fd00:1::1:{101..115})
host_address b add 10.0.1.{101..115}/24 fd00:1::{101..115}/64 "${pinged[@]/%//64}"
xfrmd_start a b
wait_for 20 pings a b
capture a
background a socat -u UDP4-RECV:9001 CREATE:received.4
background a socat -u UDP6-RECV:9001,ipv6only=1 CREATE:received.6
background b /usr/bin/python3 "$LAB/responder_first.py" 10.0.1.1 fd00:1::1 >sent
wait_for 10 grep -q listening sent

for address in "${cold[@]}"; do
	# what a sends is not listened to: b has nothing to answer
	case $address in
	*:*) on a socat -u EXEC:'echo knock' "UDP6-DATAGRAM:[$address]:9" ;;
	*) on a socat -u EXEC:'echo knock' "UDP4-DATAGRAM:$address:9" ;;
	esac
	wait_for 10 grep -qxF "$address" sent
done
expect 'sent by the responder' "$(grep -c '^[1f]' sent)" = ${#cold[@]}
arrived() {
	grep -ohE '10\.0\.1\.1[01][0-9]|fd00:1::1[01][0-9]' received.4 received.6 | sort -u | wc -l
}
wait_for 5 is ${#cold[@]} arrived
answered=0
for address in "${pinged[@]}"; do
	! on a ping -q -n -c 1 -W 5 "$address" >/dev/null || answered=$((answered + 1))
done
expect 'first pings answered' "$answered" = ${#pinged[@]}
on a cat /proc/net/xfrm_stat | awk '$2 > 0'
capture_stop a
expect_no_clear a
expect 'drift' "$(status b 'd["policies"]["drift"]')" = 0
