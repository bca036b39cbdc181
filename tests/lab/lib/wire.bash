# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# What passes the ports of hosts, by tcpdump.

declare -A capture_pid=()

# capture HOST...: records what passes its port until capture_stop; in memory, since the folder of a
# guest in QEMU is too slow for it
capture() {
	local host
	for host; do
		# one from before would say too early that it listens
		rm -f "/run/lab/$host.tcpdump"
		tcpdump -i "$host" -nn -s 128 -B 16384 --immediate-mode -U -Z root \
			-w "/run/lab/$host.pcap" 2>"/run/lab/$host.tcpdump" &
		capture_pid[$host]=$!
		wait_for 10 grep -sq 'listening on' "/run/lab/$host.tcpdump"
	done
}

# capture_has_read HOST: as many packets as had passed when it was asked for the first time
capture_has_read() {
	kill -USR1 "${capture_pid[$1]}"
	sleep 0.1
	awk '/received by filter,/ { read = $2 + $10; if (!asked++) passed = $5 }
		END { exit !asked || read < passed }' "/run/lab/$1.tcpdump"
}

# A capture that missed packets proves nothing; nor does one that ends before it has read them.
capture_stop() {
	local host
	for host; do
		wait_for 60 capture_has_read "$host"
		kill "${capture_pid[$host]}"
		wait "${capture_pid[$host]}"
		unset "capture_pid[$host]"
		expect "capture of $host" \
			"$(grep '^[0-9]* packets* dropped by kernel' "/run/lab/$host.tcpdump")" = \
			'0 packets dropped by kernel'
		mv "/run/lab/$host.pcap" "$FOLDER/"
	done
}

# wire HOST FILTER [OPTION]: the packets of its last capture, which may go on
wire() {
	local file=/run/lab/$1.pcap
	[ -f "$file" ] || file=$FOLDER/$1.pcap
	[ -f "$file" ] || fail "no capture of $1"
	tcpdump -nn ${3:+"$3"} -r "$file" "$2" 2>/dev/null
}

# wire_count HOST FILTER: how many
wire_count() {
	wire "$@" | wc -l
}

# Not ESP, IKE, ARP, neighbour discovery, nor the group reports that IPv6 sends by itself.
wire_clear_filter='not (ip proto 50 or ip6 proto 50 or udp port 500 or udp port 4500 or arp
	or (icmp6 and ip6[40] >= 133 and ip6[40] <= 137) or ip6[6] = 0)'

# wire_clear HOST [FILTER]: packets in clear
wire_clear() {
	wire_count "$1" "$wire_clear_filter${2:+ and ($2)}"
}

# expect_no_clear HOST [FILTER]: shows the first ones that were
expect_no_clear() {
	local found
	found=$(wire "$1" "$wire_clear_filter${2:+ and ($2)}" |
		head -n 5)
	expect "in clear on the wire of $1" "$found" = ''
}
