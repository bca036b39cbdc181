# SPDX-License-Identifier: MIT
# xfrmctl verify names what happens to a probe: each outcome is really made here. What IPsec opened in
# transport mode is not seen again by the packet socket, or answers as ESP would count as clear.
fleet '10.0.1.0/24, fd00::/64' a b -- c=10.0.1.3/24 d=10.0.1.4/24
xfrmd_conf a 'no_ipsec_subnets = 10.0.1.3'
xfrmd_start a b

# well WORDS OPTION...: prints what verify says, which must contain WORDS, and the exit status be 0;
# says STATUS WORDS OPTION...: another one
well() {
	says 0 "$@"
}

ill() {
	says 1 "$@"
}

says() {
	local said status=0
	said=$(ctl a verify --timeout 1 "${@:3}") || status=$?
	echo "$said"
	expect_text "verify ${*:3}" "$said" "$2"
	expect 'exit status' $status = "$1"
}

capture a
# a first contact takes what it takes
well ' ms, answered as ESP in ' --timeout 15 10.0.1.2
well 'sent as ESP, answered as ESP in ' 10.0.1.2
well '; packets up to 1466 bytes pass' 10.0.1.2
found=$(ctl a verify --json 10.0.1.2 | json '" ".join(str(d["peers"][0][k]) for k in ("well", "sent", "answered", "spi_out"))')
expect 'found' "${found% *}" = 'True esp esp'
expect 'SAs with the SPI' \
	"$(on a ip xfrm state list src 10.0.1.1 dst 10.0.1.2 | grep -c "spi 0x${found##* } ")" = 1
# the kernel cannot hold its own answers of ICMPv6: the answering end must not wait
well ' ms, answered as ESP in ' --timeout 15 fd00::2
well '; packets up to 1466 bytes pass' fd00::2
expect 'peers that are well' "$(ctl a verify --all | grep -c 'sent as ESP, answered as ESP in ')" = 2
capture_stop a
expect_no_clear a

well 'allowed: in clear, answered in ' 10.0.1.3
ill 'no route, nothing was sent' 192.0.2.1
ill 'this host itself, nothing was sent' 10.0.1.1
ill 'a broadcast address, nothing was sent' 10.0.1.255
ill 'held by the kernel, there is no SA after 1.0 s' 10.0.1.99
blocked() {
	policies a | grep -A1 'dst 10.0.1.99/32' | grep -q 'action block'
}
wait_for 5 blocked
ill 'blocked since it is silent' 10.0.1.99

# somebody else's policy
on a ip xfrm policy add src 10.0.1.0/24 dst 10.0.1.2/32 dir out action block priority 7
ill 'blocked by the policy out block 10.0.1.0/24 -> 10.0.1.2/32 priority 7' 10.0.1.2
on a ip xfrm policy update src 10.0.1.0/24 dst 10.0.1.2/32 dir out priority 7
ill 'SENT IN CLEAR by a policy that is not ours, out allow 10.0.1.0/24 -> 10.0.1.2/32 priority 7' 10.0.1.2
on a ip xfrm policy delete src 10.0.1.0/24 dst 10.0.1.2/32 dir out

on b sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
ill 'sent as ESP, no answer in 1.0 s, nor other ESP of it: it does not answer pings' 10.0.1.2
on b sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
well 'answered as ESP' 10.0.1.2

# b answers in clear
kill -STOP "${xfrmd_pid[b]}"
on b ip xfrm policy flush
ill ', which this host does not accept' 10.0.1.2
kill -CONT "${xfrmd_pid[b]}"
wait_for 5 ctl a verify 10.0.1.2

# a host without IPsec, that may be talked to in clear
sed -i 's/^ipsec_subnets/optional = true\n&/' "$FOLDER/a.conf"
ctl a reload
ill 'sent in clear, there is no SA (optional), answered in clear in ' 10.0.1.4

xfrmd_stop a
wait_for 5 ctl a verify 10.0.1.2
