# SPDX-License-Identifier: MIT
# Programs send from the first moment of a boot, even before the host has its address: nothing of it
# leaves in clear, allowed hosts are reached, and with xfrmd all goes on as ESP. On host a the lockdown
# blocks until then; host f forwards for a container, which the lockdown blocks and xfrmd lets through.
# Packets to protected hosts are refused before the hand-over and held while charon starts.
fleet 10.0.1.0/24 a= b f= -- c=3 n=10 <<<'no_ipsec_subnets = 10.0.1.10'
xfrmd_start b
container f box 172.17.0.2
capture a f

lockdown a
lockdown f
for name in a f; do
	# no address yet, but a way: what is not stopped goes out
	ip -n $name route add 10.0.1.0/24 dev eth0 proto static
done
address4[a]=10.0.1.1 address4[f]=10.0.1.4
knock a b
knock a b 10.0.1.1
knock a n 10.0.1.1
knock box b
# a protected host without IPsec
knock c a

more_than() {
	[ "$(knocked "$1")" -gt "$2" ]
}
sleep 0.5 # of knocking
host_address a add 10.0.1.1/24
host_address f add 10.0.1.4/24
wait_for 10 more_than a.n.10.0.1.1 30

xfrmd_start a f
for name in a.b.any a.b.10.0.1.1 box.b.any; do
	wait_for 20 more_than $name 0
done
stream_start a b
tcp_start a b
sleep 2
stream_end
tcp_end
expect_no_loss
wait_for 5 pings box b
for name in a.b.any a.b.10.0.1.1 a.n.10.0.1.1 box.b.any; do
	knock_end $name
done
expect 'knocks of a protected host in clear' "$(knocked c.a.any)" = 0

capture_stop a f
clear=$(($(wire_clear a 'not host 10.0.1.10 and not src host 10.0.1.3') + $(wire_clear f)))
echo "in all: clear $clear, ESP of f $(wire_count f 'ip proto 50 and src host 10.0.1.4')"
expect_no_clear a 'not host 10.0.1.10 and not src host 10.0.1.3'
expect_no_clear f
