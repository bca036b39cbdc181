# SPDX-License-Identifier: MIT
# Every way for a packet between this host and a protected subnet to pass in clear, on a host that does
# not forward (a) and on one that does (f): what is seen on the switch of what they send to c, which is
# protected and has no IPsec, and what they take from it. Nothing, or as much as xfrmd(8) says: those
# ways have the name of its paragraph. A way's packets have a UDP port of their own for each host.
fleet '10.0.0.0/16 fd00::/64' a=10.0.1.1/16,fd00::1/64 f=10.0.1.4/16,fd00::4/64 -- \
	c=10.0.1.3/16,fd00::3/64
declare -A number=([a]=1 [f]=4)
container f pod 172.17.0.2
on f sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
for name in a f; do
	# an answer to a broadcast is a way out
	on $name sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts'
done

port=7000 rows=()

# leak HOST PORT PEER OPTION...: what leak.py shall send
leak() {
	echo "${@:2}" >>"/run/lab/$1.todo"
}

# send HOST...: now
send() {
	local name
	for name; do
		on "$name" /usr/bin/python3 "$LAB/leak.py" send <"/run/lab/$name.todo" >>"$FOLDER/$name.sent" 2>&1
		rm "/run/lab/$name.todo"
	done
}

# row WAY HOW [PARAGRAPH]: its two ports are those of a and f
row() {
	port=$((port + 2))
	rows+=("$port|$1|$2|${3:-}")
}

# words HOST WORD...: sets words, in which % stands for the host's number
words() {
	words=("${@:2}")
	words=("${words[@]//%/${number[$1]}}")
}

# out WAY PARAGRAPH PEER WORD...: both hosts send
out() {
	local name words
	row "$1" out "$2"
	for name in a f; do
		words $name "${@:3}"
		leak $name $((port + (${number[$name]} == 4))) "${words[@]}"
	done
}

# taken WAY PARAGRAPH DESTINATION WORD...: c sends
taken() {
	local name words
	row "$1" in "$2"
	for name in a f; do
		words $name "${@:3}"
		leak c $((port + (${number[$name]} == 4))) "${words[@]}"
	done
}

# out_while COMMAND WAY PARAGRAPH PEER WORD...: likewise while COMMAND HOST changes the host
out_while() {
	local name words sender
	row "$2" out "$3"
	for name in a f; do
		words $name "${@:4}"
		leak $name $((port + (${number[$name]} == 4))) "${words[@]}" seconds=2
		send $name &
		sender=$!
		sleep 0.5
		"$1" $name
		wait $sender
	done
}

# something that listens to a group
background f socat -u UDP4-RECV:5353,ip-add-membership=224.0.0.251:eth0 OPEN:/dev/null
capture switch
xfrmd_start a f
wait_for 20 pings a f
wait_for 20 pings f a 6

# --- the addresses that a host can have
for name in a f; do
	n=${number[$name]}
	ip -n $name address add 10.0.2.$n/32 dev lo
	ip -n $name address add fd00::2:$n/128 dev lo
	ip -n $name address add 10.0.3.$n/32 dev eth0 scope host
	ip -n $name address add 10.0.3.1$n/32 dev eth0 scope link
	ip -n $name route add local 10.0.5.$n/32 dev eth0 proto 66
	ip -n $name route add local 10.0.1$n.0/24 dev lo
	ip -n $name -6 route add local fd00::1$n:0/112 dev lo
	ip -n c route add 10.0.1$n.0/24 via 10.0.1.$n
	ip -n c -6 route add fd00::1$n:0/112 via fd00::$n
	background $name /usr/bin/python3 "$LAB/leak.py" hear "/run/lab/$name.taken" 7000 7150 \
		>"/run/lab/$name.hears"
	eval "hearer_$name=$!"
	wait_for 10 grep -q listens "/run/lab/$name.hears"
done
# they are as good as any other
for name in 10.0.2.1 10.0.3.1 10.0.5.1 10.0.11.77; do
	wait_for 20 on a ping -n -q -c 1 -W 1 -I $name 10.0.1.4
done
ip -n f -6 route add fd00::2:1 via fd00::1
wait_for 20 on a ping -n -q -c 1 -W 1 -I fd00::2:1 fd00::4
for name in a f; do
	expect "problems of $name" "$(status $name 'd["problems"]')" = '[]'
done
expect 'ways in clear, says doctor' "$({ ctl f doctor "$FOLDER/f.conf" --json || true; } |
	json 'sorted(f["area"] for f in d["findings"] if "What passes in clear" in f["action"])')" = \
	'["forwarding", "link-local", "multicast"]'

# --- out
out 'bound to the address' '' 10.0.1.3 source=10.0.1.%
out 'IPv6: bound to the address' '' fd00::3 source=fd00::%
out 'SO_BINDTODEVICE' '' 10.0.1.3 source=10.0.1.% device=eth0
out 'mark' '' 10.0.1.3 mark=7
out 'raw, own source' '' 10.0.1.3 raw source=10.0.1.%
out 'raw, another source' '' 10.0.1.3 raw source=10.0.6.%
out 'freebind to no address of ours' '' 10.0.1.3 freebind source=10.0.6.%
out 'transparent' '' 10.0.1.3 transparent source=10.0.6.%
out 'IPv6: freebind to no address of ours' '' fd00::3 freebind source=fd00::6:%
out 'IPv6: transparent' '' fd00::3 transparent source=fd00::6:%
out 'transparent, source of no list' 'Forwarding' 10.0.1.3 transparent source=192.0.2.%
out 'IPv6: freebind, source of no list' 'Forwarding' fd00::3 freebind source=fd99::%
out 'address on lo' '' 10.0.1.3 source=10.0.2.%
out 'IPv6: address on lo' '' fd00::3 source=fd00::2:%
out 'scope host' '' 10.0.1.3 source=10.0.3.%
out 'scope link' '' 10.0.1.3 source=10.0.3.1%
out 'local route of one address' '' 10.0.1.3 source=10.0.5.%
out 'AnyIP' '' 10.0.1.3 source=10.0.1%.77
out 'IPv6: AnyIP' '' fd00::3 freebind source=fd00::1%:77
on c ip -6 address show dev eth0 scope link | awk '/inet6/ { print $2 }' >/run/lab/c.link
link=$(sed 's,/.*,,' /run/lab/c.link)
for name in a f; do
	on $name ip -6 address show dev eth0 scope link | awk '/inet6/ { sub("/.*", "", $2); print $2 }' \
		>"/run/lab/$name.link"
done
row 'link-local to a protected address' out
leak a $port fd00::3 source="$(cat /run/lab/a.link)" device=eth0
leak f $((port + 1)) fd00::3 source="$(cat /run/lab/f.link)" device=eth0
row 'link-local to link-local' out 'Link-local'
leak a $port "$link" source="$(cat /run/lab/a.link)" device=eth0
leak f $((port + 1)) "$link" source="$(cat /run/lab/f.link)" device=eth0
out 'subnet broadcast' '' 10.0.255.255 source=10.0.1.%
out '255.255.255.255' 'Multicast' 255.255.255.255 source=10.0.1.% device=eth0
out '224.0.0.9' 'Multicast' 224.0.0.9 source=10.0.1.% device=eth0
out 'ff02::1' 'Multicast' ff02::1 source=fd00::% device=eth0
send a f

# flicker COMMAND WORD...: six times, with add and then del in the place of ADD
flicker() {
	local i
	for i in 1 2 3 4 5 6; do
		"${@/#ADD/add}"
		sleep 0.1
		"${@/#ADD/del}"
		sleep 0.05
	done
}
new_address() {
	flicker host_address "$1" ADD "10.0.1.3${number[$1]}/16"
}
new_address6() {
	flicker host_address "$1" ADD "fd00::3${number[$1]}/64"
}
new_local() {
	flicker ip -n "$1" route ADD local "10.0.7.${number[$1]}/32" dev eth0
}
new_interface() {
	ip link add name "$1.new" type veth peer name eth1 netns "$1"
	ip link set dev "$1.new" master switch up
	ip -n "$1" link set eth1 up
	ip -n "$1" address add "10.0.1.4${number[$1]}/16" dev eth1
	wait_for 5 has_policy "$1" out "10.0.1.4${number[$1]}/32" 10.0.0.0/16
}
out_while new_address 'address while it is added' '' 10.0.1.3 freebind source=10.0.1.3%
out_while new_address6 'IPv6: freebind while it is added' '' fd00::3 freebind source=fd00::3%
out_while new_local 'local route while it is added' '' 10.0.1.3 freebind source=10.0.7.%
out_while new_interface 'interface while it is added' '' 10.0.1.3 freebind source=10.0.1.4%
for name in a f; do
	ip -n $name link add red type vrf table 10
	ip -n $name link set red up
	ip -n $name link set eth1 master red
done
sleep 0.5
out 'VRF' '' 10.0.1.3 device=red source=10.0.1.4%
send a f
for name in a f; do
	ip -n $name link del eth1
done

# --- in
for name in a f; do
	ip -n c -6 neigh replace fd00::2:${number[$name]} dev eth0 \
		lladdr "$(host_mac $name)"
done
taken 'the address' '' 10.0.1.% source=10.0.1.3
taken 'IPv6: the address' '' fd00::% source=fd00::3
taken 'address on lo' '' 10.0.2.%
taken 'IPv6: address on lo' '' fd00::2:%
taken 'scope host' '' 10.0.3.%
taken 'local route of one address' '' 10.0.5.%
taken 'AnyIP' '' 10.0.1%.77
taken 'IPv6: AnyIP' '' fd00::1%:77
taken 'subnet broadcast' '' 10.0.255.255
taken '255.255.255.255' '' 255.255.255.255 device=eth0
taken '224.0.0.1' '' 224.0.0.1 device=eth0
taken 'ff02::1' '' ff02::1 source=fd00::3 device=eth0
taken '224.0.0.1, spoofed source' '' 224.0.0.1 raw device=eth0 source=10.0.1.99
taken 'ff02::1, spoofed source' '' ff02::1 freebind source=fd00::99 device=eth0
taken 'ff02::1, our own as source' '' ff02::1 freebind source=fd00::% device=eth0
taken 'IPv6: our own as source' 'Own' fd00::% freebind source=fd00::%
row 'our link-local address' in
leak c $port "$(cat /run/lab/a.link)" source=fd00::3 device=eth0
leak c $((port + 1)) "$(cat /run/lab/f.link)" source=fd00::3 device=eth0
row 'link-local to link-local' in 'Link-local'
leak c $port "$(cat /run/lab/a.link)" source="$link" device=eth0
leak c $((port + 1)) "$(cat /run/lab/f.link)" source="$link" device=eth0

# --- answers: to what is taken in clear, and to what is not
for name in a f; do
	n=${number[$name]}
	for to in 10.0.1.$n 10.0.2.$n 10.0.3.$n 10.0.5.$n 10.0.1$n.77 10.0.255.255 224.0.0.1 \
		fd00::$n fd00::2:$n fd00::1$n:77 ff02::1 "$(cat /run/lab/$name.link)"; do
		case $to in
		10.0.255.255) option=(-b) ;;
		224* | ff0* | fe80*) option=(-I eth0) ;;
		*) option=() ;;
		esac
		on c ping -n -q -c 1 -W 0.1 "${option[@]}" "$to" >>"$FOLDER/c.sent" 2>&1 || true
		leak c 99 "$to" device=eth0
	done
done
# f forwards: answers about the way
on c ip route add 172.17.0.0/16 via 10.0.1.4
leak c 99 172.17.0.9 ttl=1
send c

# --- containers, and children of an interface
row 'container with source NAT' out
leak pod $((port + 1)) 10.0.1.3
send pod
on f iptables-legacy -t nat -F POSTROUTING
row 'container without NAT' out 'Containers'
leak pod $((port + 1)) 10.0.1.3
send pod
for kind in macvlan ipvlan; do
	row "$kind child" out 'Children'
	for name in a f; do
		ip netns add $kind.$name
		no_ipv6 on $kind.$name
		ip -n $name link add child link eth0 type $kind
		ip -n $name link set child netns $kind.$name
		ip -n $kind.$name address add 10.0.8.${number[$name]}/16 dev child
		ip -n $kind.$name link set child up
		leak $kind.$name $((port + (${number[$name]} == 4))) 10.0.1.3
		send $kind.$name
		expect_text "$kind: warnings of $name" "$(status $name 'd["warnings"]')" \
			"$kind child of eth0 is in another network namespace"
		# both kinds can not share one interface
		ip -n $kind.$name link del child
	done
done

for name in a f; do
	eval "kill -TERM \$hearer_$name; wait \$hearer_$name" || true
done
capture_stop switch
tcpdump -nn -r "$FOLDER/switch.pcap" 'udp and not port 500 and not port 4500' 2>/dev/null |
	awk '{ sub(/.*\./, "", $5); count[int($5)]++ } END { for (port in count) print port, count[port] }' \
	>/run/lab/wire.a
cp /run/lab/wire.a /run/lab/wire.f

# in_clear PORT HOW HOST: packets
in_clear() {
	local file=/run/lab/wire.$3
	[ "$2" = out ] || file=/run/lab/$3.taken
	awk -v port="$1" '$1 == port { found = $2 } END { print found + 0 }' "$file"
}

# answers HOST: that it sent to protected addresses; to what is link-local they are another way
answers() {
	wire_count switch "ether src $(host_mac "$1") and
		((icmp and dst net 10.0.0.0/16) or (icmp6 and dst net fd00::/64
		and not (ip6[40] >= 133 and ip6[40] <= 137)))"
}

line() {
	printf '%-4s %-40s %8s %8s  %s\n' "$@"
	[ -n "$5" ] || [ "$3$4" = 00 ] || undocumented+=("$2")
}

undocumented=()
line '' way 'alone' 'forwards' 'documented'
for row in "${rows[@]}"; do
	IFS='|' read -r port way how paragraph <<<"$row"
	line "$how" "$way" "$(in_clear "$port" "$how" a)" "$(in_clear $((port + 1)) "$how" f)" "$paragraph"
done
line out 'ICMP answers' "$(answers a)" "$(answers f)" ''
expect 'ways in clear that are not documented' "${undocumented[*]}" = ''
