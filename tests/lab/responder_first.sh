# SPDX-License-Identifier: MIT
# The peer begins, and what this end sends by itself as soon as its kernel has the SA, or 20 ms later,
# arrives: the peer has its own after the answer only.
# Processors: several
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
cold=()
for number in {101..140}; do
	cold+=("10.0.1.$number")
	host_address b add "10.0.1.$number/24"
done
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
	EOF
	xfrmd_start $name
done
wait_for 20 pings a b
capture a
background a socat -u UDP4-RECV:9001 CREATE:received
background b /usr/bin/python3 "$LAB/responder_first.py" 10.0.1.1 >sent
wait_for 10 grep -q listening sent

for address in "${cold[@]}"; do
	# what a sends is not listened to: b has nothing to answer
	on a socat -u EXEC:'echo knock' "UDP4-DATAGRAM:$address:9"
	wait_for 10 grep -qxF "$address" sent
done
sleep 1
expect 'sent by the responder' "$(grep -c ^10 sent)" = ${#cold[@]}
arrived=$(grep -o '10\.0\.1\.1[0-4][0-9]' received | sort -u | wc -l)
expect 'arrived' "$arrived" = ${#cold[@]}
on a cat /proc/net/xfrm_stat | awk '$2 > 0'
capture_stop a
expect_no_clear a
