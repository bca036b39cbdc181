# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# Hosts are network namespaces on one switch; each has its files in $FOLDER (kept when the scenario
# fails) and its run directory in /run/lab/HOST.

declare -A address4=() address6=() published=()

lab_switch() {
	no_ipv6
	ip link set lo up
	# snooping would send reports of its own
	ip link add switch type bridge mcast_snooping 0
	ip link set switch up
}

no_ipv6() {
	local file
	for file in /proc/sys/net/ipv6/conf/{all,default}/disable_ipv6; do
		[ ! -f $file ] || "$@" sh -c "echo 1 >$file"
	done
}

on() {
	ip netns exec "$@"
}

# background HOST COMMAND...: $! is the command itself, with signals as a terminal would send them
background() {
	exec ip netns exec "$1" env --default-signal=INT,QUIT "${@:2}" &
}

# host NAME ADDRESS/LENGTH...: a namespace with eth0; its port on the switch is named NAME. With HERE
# of this name it is the namespace that we are in, where services run.
host() {
	local name=$1 address
	shift
	if [ "$name" = "${HERE:-}" ]; then
		ip netns attach "$name" $$
	else
		ip netns add "$name"
	fi
	ip link add name "$name" type veth peer name eth0 netns "$name"
	[[ $* == *:* ]] || no_ipv6 on "$name"
	ip link set dev "$name" master switch up
	ip -n "$name" link set lo up
	ip -n "$name" link set eth0 up
	mkdir "/run/lab/$name"
	for address; do
		host_address "$name" add "$address"
		# the first one of each kind
		case $address in
		*:*) : "${address6[$name]:=${address%/*}}" ;;
		*) : "${address4[$name]:=${address%/*}}" ;;
		esac
	done
}

# fleet [--pki FOLDER] SUBNETS HOST... [-- HOST...]: a switch, hosts with addresses in SUBNETS (.1 of
# each for the first host, .2 for the next one), and for each a configuration that protects SUBNETS, to
# which standard input adds (see xfrmd_conf). HOST is NAME, NAME=NUMBER, NAME=BYTE.NUMBER or
# NAME=ADDRESS/LENGTH, also several with commas between them; NAME= has no address yet. Those behind --
# get no configuration; fleet_hosts are the others. With --pki each of these has a copy of FOLDER.
fleet() {
	local folder='' lines word name number=0 addresses plain=''
	if [ "$1" = --pki ]; then
		folder=$2
		shift 2
	fi
	lines=$(cat) fleet_subnets=$1 fleet_hosts=()
	lab_switch
	for word in "${@:2}"; do
		if [ "$word" = -- ]; then
			plain=yes
			continue
		fi
		number=$((number + 1)) name=${word%%=*}
		[[ $word == *=* ]] || word="$name=$number"
		read -ra addresses <<<"$(fleet_addresses "$1" "${word#*=}")"
		host "$name" "${addresses[@]}"
		[ -z "$plain" ] || continue
		fleet_hosts+=("$name")
		[ -z "$folder" ] || host_pki "$name" "$folder"
		xfrmd_conf "$name" "$lines"
	done
}

# fleet_addresses SUBNETS WORDS: with their lengths; what is no address in each of the SUBNETS
fleet_addresses() {
	local word subnet
	for word in ${2//,/ }; do
		if [[ $word == */* ]]; then
			printf '%s ' "$word"
			continue
		fi
		for subnet in ${1//,/ }; do
			case $word-$subnet in
			*-*:*) printf '%s ' "${subnet%/*}$word/${subnet#*/}" ;;
			*.*-*) printf '%s ' "${subnet%.*.*}.$word/${subnet#*/}" ;;
			*) printf '%s ' "${subnet%.*}.$word/${subnet#*/}" ;;
			esac
		done
	done
}

# fleet_up ...: likewise, and xfrmd runs on all of them; the first two have an SA
fleet_up() {
	fleet "$@"
	xfrmd_start "${fleet_hosts[@]}"
	[ ${#fleet_hosts[@]} -lt 2 ] || wait_for 20 pings "${fleet_hosts[@]:0:2}"
}

# container HOST NAME ADDRESS: a namespace on a bridge of HOST, with an address in 172.17.0.0/16; what
# it sends elsewhere HOST forwards with its own address, as docker does. The MTU leaves room for ESP:
# HOST, which adds it after the translation, would not tell the container.
container() {
	if ! ip -n "$1" link show docker0 >/dev/null 2>&1; then
		ip -n "$1" link add docker0 type bridge mcast_snooping 0
		ip -n "$1" address add 172.17.0.1/16 dev docker0
		ip -n "$1" link set docker0 up
		on "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
		on "$1" iptables-legacy -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	fi
	ip netns add "$2"
	no_ipv6 on "$2"
	ip -n "$1" link add name "$2" type veth peer name eth0 netns "$2"
	ip -n "$1" link set dev "$2" master docker0 up
	ip -n "$2" link set lo up
	ip -n "$2" link set dev eth0 mtu 1400 up
	ip -n "$2" address add "$3/16" dev eth0
	ip -n "$2" route add default via 172.17.0.1
	address4[$2]=$3
}

# publish HOST NAME PROTOCOL PORT: this port of HOST is the container's
publish() {
	on "$1" iptables-legacy -t nat -A PREROUTING ! -i docker0 -p "$3" --dport "$4" \
		-j DNAT --to-destination "${address4[$2]}"
	published[$2]=$1
}

# host_address NAME add|del ADDRESS/LENGTH...
host_address() {
	local address
	for address in "${@:3}"; do
		case $address in
		*:*) ip -n "$1" address "$2" "$address" dev eth0 nodad ;;
		*) ip -n "$1" address "$2" "$address" dev eth0 ;;
		esac
	done
}

# host_mac NAME: the link address of its eth0
host_mac() {
	on "$1" cat /sys/class/net/eth0/address
}

# address HOST [6]: the first address of a host; what is no host stays as it is
address() {
	if [ "${2:-4}" = 6 ]; then
		echo "${address6[$1]:-$1}"
	else
		echo "${address4[$1]:-$1}"
	fi
}
