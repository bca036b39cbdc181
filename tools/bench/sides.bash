# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What is compared, one after the other in one guest: xfrmd; strongSwan's own traps, with the same
# charon, on default settings; and with the best settings known, which are large socket buffers (charon
# hears acquires, and sends to dead neighbours, by sockets that hold 212,992 bytes else), first packets
# that wait as xfrmd's do, and xfrmd's patience with peers that do not answer.

sides='xfrmd trap best'
best_settings=('retransmit_tries = 3' 'retransmit_timeout = 1.0' 'retransmit_base = 1.3'
	'dos_protection = no')
default_buffer=$(cat /proc/sys/net/core/rmem_default)

# side_start SIDE SUBNET HOST...: all of them protect SUBNET
side_start() {
	local side=$1 subnet=$2 host buffer=$default_buffer
	shift 2
	[ "$side" != best ] || buffer=33554432
	socket_buffers "$buffer"
	for host; do
		case $side in
		xfrmd)
			xfrmd_conf "$host" "ipsec_subnets = $subnet" "ike_proposals = $PROPOSAL"
			xfrmd_start "$host"
			;;
		trap) strongswan_proposals=$PROPOSAL strongswan_start "$host" "$subnet" ;;
		best)
			on "$host" sh -c 'echo 0 >/proc/sys/net/core/xfrm_larval_drop'
			strongswan_proposals=$PROPOSAL \
				strongswan_start "$host" "$subnet" "${best_settings[@]}"
			;;
		esac
	done
}

# socket_buffers BYTES: of what is opened from now on
socket_buffers() {
	local name
	for name in rmem_max wmem_max rmem_default wmem_default; do
		echo "$1" >"/proc/sys/net/core/$name"
	done
}

# side_stop SIDE HOST...: nothing of it runs any more
side_stop() {
	local side=$1 host charon
	shift
	for host; do
		if [ "$side" = xfrmd ]; then
			charon=$(charon_pid "$host")
			ctl "$host" shutdown >/dev/null
			xfrmd_ended "$host"
			tail --pid="$charon" -f /dev/null
			rm -f "/run/lab/$host/peers"
			on "$host" ip xfrm policy flush
		else
			strongswan_stop "$host"
		fi
	done
}

# charon_of SIDE HOST: its process
charon_of() {
	if [ "$1" = xfrmd ]; then
		charon_pid "$2"
	else
		echo "${strongswan_pid[$2]}"
	fi
}

# warm_kernel: the first SA has the kernel load modules, for each of those that come in the same moment anew,
# which takes User-Mode Linux some seconds and would be paid for by whoever is played first
warm_kernel() {
	local sa=(src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100)
	ip xfrm state add "${sa[@]}" mode transport \
		aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128
	ip xfrm state delete "${sa[@]}"
}

measure() {
	/usr/bin/python3 "$BENCH/measure.py" "$@"
}

# contacts HOST ARGUMENT...: asks peers from there, and prints what came of it
contacts() {
	on "$1" /usr/bin/python3 "$BENCH/contacts.py" "${@:2}"
}

# addresses PREFIX FIRST NUMBER: that many, the last two bytes counted up
addresses() {
	local i
	for ((i = $2; i < $2 + $3; i++)); do
		echo "$1.$((i / 250)).$((i % 250 + 1))"
	done
}

# calculate EXPRESSION: with two decimals
calculate() {
	awk "BEGIN { printf \"%.2f\\n\", $1 }"
}

# compare WHAT UNIT XFRMD [NAME=VALUE]...: a line of results; a ratio is xfrmd's share of the other's
compare() {
	local other line="$1: xfrmd $3${2:+ $2}"
	for other in "${@:4}"; do
		line+=", ${other%=*} ${other##*=}${2:+ $2} (ratio $(ratio "$3" "${other##*=}"))"
	done
	echo "$line"
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (a + 0 == a && b > 0) printf "%.2f", a / b; else printf "-" }'
}

# measured FILE NAME: the number that stands there as NAME=NUMBER, with its decimals
measured() {
	sed -n "s/.*\<$2=\([0-9.-]*\).*/\1/p" "$1"
}

# unit NAME VALUE: for units.json
unit() {
	echo "unit $1 $2"
}

# hosts_of SIDE: sets subnet, prefix, asking and answering, which are hosts, and living, what the second
# one has as addresses
hosts_of() {
	case $1 in
	xfrmd) prefix=10.1 ;;
	trap) prefix=10.2 ;;
	*) prefix=10.3 ;;
	esac
	subnet=$prefix.0.0/16 asking=$1-a answering=$1-b
	mapfile -t living <<<"$(addresses $prefix 500 "${number_of_living:-1}")"
}

# side_hosts SIDE NUMBER: makes them, the second one with so many addresses
side_hosts() {
	number_of_living=$2
	hosts_of "$1"
	host "$asking" $prefix.1.1/16
	host "$answering" "${living[@]/%//16}"
}
