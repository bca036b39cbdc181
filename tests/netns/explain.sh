# SPDX-License-Identifier: MIT
# xfrmctl explain says what really happens to packets, also where policies of others meddle, sends
# none itself, and works without the daemon. Every --json is what the manual describes. --watch waits
# for a daemon that goes away.
fleet_up 10.0.0.0/8 a=1.1,fd00::1/64,10.0.3.1/24 -- b=1.4,2.4,40.1,10.9.1.1/8,10.10.1.1/8,10.11.1.1/8 <<-EOF
	ipsec_subnets = 10.0.0.0/20, 10.0.2.4, fd00::/64
	no_ipsec_subnets = 10.0.0.0/16, 10.0.1.4/32, 10.0.2.0/24
EOF
foreign() {
	on a ip xfrm policy add src 0.0.0.0/0 dst "$1" dir out priority 5 action "$2"
}
# of equal priority the older one decides, whatever the length of its prefix
foreign 10.9.0.0/16 block
foreign 10.9.1.0/24 allow
foreign 10.10.1.0/24 allow
foreign 10.10.0.0/16 block
# decides about a part only
on a ip xfrm policy add src 10.0.1.1/32 dst 10.0.2.4/32 proto tcp dport 25 dir out priority 5 action allow

# explained ADDRESS EXPRESSION
explained() {
	ctl a explain "$1" --json | json "$2"
}

# --- what packets really get
real='10.0.1.4 10.0.2.4 10.0.40.1 10.9.1.1 10.10.1.1 10.11.1.1 10.0.1.77'
acquires=$(status a 'd["acquires"]["received"]')
capture a
for address in $real; do
	ctl a explain "$address" --json >"explain.$address"
done
for address in 10.0.1.1 127.0.0.1 ::1 fd00::1 fd00::2 10.0.3.255 255.255.255.255 224.0.0.5 0.0.0.0 198.51.100.7; do
	documented a explain $address
done
capture_stop a
# what IPv6 does by itself is looking for routers and duplicates, and telling its groups
expect 'packets sent by explaining' \
	"$(wire_count a 'not (icmp6 and ip6[40] = 133) and not src host :: and not ip6[6] = 0')" = 0
expect 'acquires by explaining' "$(status a 'd["acquires"]["received"]')" = "$acquires"

capture a
for address in $real; do
	on a ping -q -c 1 -W 1 "$address" >/dev/null 2>&1 &
done
wait_for 5 is 4 wire_count a 'icmp[0] = 8'
sleep 0.5
capture_stop a
for address in $real; do
	verdict=$(json 'd["verdict"]["out"]' <"explain.$address")
	case $verdict in
	allow | none) clear=1 ;;
	*) clear=0 ;;
	esac
	expect "in clear to $address, explained as $verdict" \
		"$(wire_count a "icmp[0] = 8 and dst host $address")" = $clear
done

# --- why
for want in '10.0.1.4 allow 10.0.1.4/32' '10.0.2.4 protect 10.0.2.4/32' '10.0.40.1 allow 10.0.0.0/16' \
	'10.9.1.1 block 10.9.0.0/16' '10.10.1.1 allow 10.10.1.0/24'; do
	address=${want%% *}
	expect "rule for $address" "$address $(json '"{action} {destination}".format(**d["rule"]["out"])' \
		<"explain.$address")" = "$want"
done
expect 'beaten for 10.0.2.4' "$(json '" ".join(p["destination"] for p in d["beaten"]
	if p["direction"] == "out" and p["source"] == "10.0.1.1/32")' <explain.10.0.2.4)" = \
	'10.0.2.0/24 10.0.0.0/20 10.0.0.0/16'
expect 'partial for 10.0.2.4' "$(json '[p["protocol"] for p in d["partial"]]' <explain.10.0.2.4)" = '[6]'
expect 'list entry of 10.0.2.9' "$(explained 10.0.2.9 'd["entry"]["list"] + " " + d["entry"]["prefix"]')" = \
	'no_ipsec_subnets 10.0.2.0/24'
expect 'kinds' "$(for address in 10.0.1.1 127.0.0.1 fd00::1 10.0.3.255 224.0.0.5 10.0.1.9; do
	explained $address 'd["kind"]'
done | tr '\n' ' ')" = 'own loopback own broadcast multicast remote '
expect 'broadcast address' "$(explained 10.0.3.255 'd["local"] + " " + d["verdict"]["out"]')" = '10.0.3.1 block'
expect 'route to nowhere' "$(explained 198.51.100.7 'd["route"]')" = null
expect 'other local addresses' "$(explained 10.0.1.4 '[[o["local"], o["same"]] for o in d["others"]]')" = \
	'[["10.0.3.1", true]]'

# --- a peer that does not answer: blocked by now, and later failed, with the reason
wait_for 10 is block explained 10.0.1.77 'd["verdict"]["out"]'
wait_for 20 is failed explained 10.0.1.77 'd["peer"]["state"]'
documented a explain 10.0.1.77
expect_text 'silent peer' "$(ctl a explain 10.0.1.77 | sed -n 1p)" \
	'10.0.1.77: not sent, accepted only as ESP: it does not answer to IKE: no response'
expect_text 'its retry' "$(ctl a explain 10.0.1.77)" 'next retry    in '
expect_text 'one peer' "$(ctl a peers 10.0.1.77)" 'last error    no response'

# --- every document, every kind of list
for command in status list peers readiness metrics doctor reload; do
	documented a $command
done
documented a check "$FOLDER/a.conf"
expect 'lines by policy' "$(ctl a list --all | wc -l)" = \
	$(($(ctl a list --json | json 'len(d["policies"])') + 1))
expect 'lines by subnet' "$(ctl a list | sed -n '2,/^$/p' | grep -c .)" = 6
expect 'of others' "$(ctl a list | grep -c ' other$')" = 5

# --- the kernel's default
on a ip xfrm policy setdefault out block
expect 'verdict of the default' "$(explained 10.11.1.1 'd["verdict"]["out"]')" = block
on a ip xfrm policy setdefault out accept
expect 'verdict of the default' "$(explained 10.11.1.1 'd["verdict"]["out"]')" = none

# --- without the daemon; --watch shows that and waits
background a "$BUILD/src/xfrmctl/xfrmctl" --run-dir /run/lab/a peers --watch 1 >watched 2>&1
watcher=$!
wait_for 5 grep -q '^10.0.1.77' watched
xfrmd_kill a
wait_for 5 grep -q 'cannot reach xfrmd' watched
documented a explain 10.0.1.77
expect 'verdict without the daemon' "$(explained 10.0.1.77 'd["verdict"]["out"]' 2>&1)" = block
expect 'peer without the daemon' "$(explained 10.0.1.77 'd["peer"]')" = null
expect 'drift without the daemon' "$(explained 10.0.1.77 'd["drift_known"]')" = false
expect_text 'remark' "$(ctl a explain 10.0.1.77 2>&1 >/dev/null)" 'drift is unknown'
documented a list
lines=$(wc -l <watched)
xfrmd_start a
watched_again() {
	tail -n +$((lines + 1)) watched | grep -q ^PEER
}
wait_for 5 watched_again
kill -INT $watcher
! wait $watcher || fail 'the watch did not end by the signal'

# --- the command line
for wrong in 'explain' 'explain 10.0.1' 'explain localhost' 'peers 1.2.3' 'reload --watch' 'peers --all' \
	'list --watch=0' 'list x' 'verify' 'rekey' 'verify --all 10.0.1.4' 'rekey --all 10.0.1.4'; do
	# shellcheck disable=SC2086
	exits 2 ctl a $wrong
done
names 'verify: --all: given with "10.0.1.4", expected one of them' a verify --all 10.0.1.4
