# SPDX-License-Identifier: MIT
# A container behind source NAT talks to protected peers by ESP with its host's address. What is
# forwarded to it, by destination NAT or not, must have come by ESP unless protect_forwarded = false.
# The kernel looks for a policy again after the translation of the source, and that look-up can not
# hold a packet: to a cold peer, a container's are dropped until its host has an SA.
fleet 10.0.1.0/24 a=1,192.0.2.1/24 b -- c allowed=10 outside=192.0.2.2/24 <<-EOF
	no_ipsec_subnets = 10.0.1.10
	protect_forwarded = true
EOF
container a pod 172.17.0.2
publish a pod udp 9000
publish a pod udp 9001
publish a pod tcp 80
for name in b c; do
	ip -n $name route add 172.17.0.0/16 via 10.0.1.1
done
xfrmd_start a b
background pod socat TCP4-LISTEN:80,reuseaddr,fork SYSTEM:'echo the pod'
server=$!
background pod socat -u UDP4-RECV:9001 OPEN:/run/lab/heard,creat,append
hearer=$!

# reaches HOST ADDRESS: the container's server answers there
reaches() {
	[ "$(on "$1" timeout 3 socat -u "TCP4:$2:80" STDOUT </dev/null 2>&1)" = 'the pod' ]
}

# tell HOST: one packet to the published port that needs no answer
tell() {
	echo "$1" >/run/lab/word
	on "$1" socat -u OPEN:/run/lab/word UDP4-SENDTO:10.0.1.1:9001
}

capture a
start=$(now_ms)
wait_for 20 on pod ping -n -q -c 1 -W 0.1 10.0.1.2
echo "cold peer: $(on a awk '/^XfrmOutNoStates/ { print $2 }' /proc/net/xfrm_stat) packets dropped," \
	"$(($(now_ms) - start)) ms"
stream_start pod b
tcp_start pod b
wait_for 20 reaches b 10.0.1.1
tell c
tell b
wait_for 5 is b cat /run/lab/heard
must_not reaches c 10.0.1.1
must_not reaches c 172.17.0.2
wait_for 20 reaches allowed 10.0.1.1
must on pod ping -q -c 1 -W 1 10.0.1.10 >/dev/null
must on pod ping -q -c 1 -W 1 192.0.2.2 >/dev/null
stream_end
tcp_end
expect_no_loss
capture_stop a
echo "packets of c in clear: $(wire_count a 'src host 10.0.1.3 and tcp')"
expect_no_clear a 'not (src host 10.0.1.3 or host 10.0.1.10 or host 192.0.2.2)'

# a router; but what leaves with the host's own address still needs an SA
xfrmd_conf a 'no_ipsec_subnets = 10.0.1.10' 'protect_forwarded = false'
ctl a reload
capture a
wait_for 20 reaches c 172.17.0.2
tell c
wait_for 5 grep c /run/lab/heard
must_not reaches c 10.0.1.1
wait_for 20 reaches b 10.0.1.1
capture_stop a
expect_no_clear a 'src host 10.0.1.1 or host 10.0.1.2'
kill $server $hearer
