# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# What hosts send each other, and how much of it is lost.

declare -A knock_pid=()

# pings FROM TO [6]: whether an answer comes
pings() {
	on "$1" ping -n -q -c 1 -W 1 "$(address "$2" "${3:-4}")" >/dev/null
}

# listens HOST PORT: somebody there, UDP or TCP
listens() {
	on "$1" ss -Hltun sport = "$2" | grep -q .
}

# flood_start A B [6]: pings in both directions until flood_stop
flood_start() {
	background "$1" ping -n -i 0.005 "$(address "$2" "${3:-4}")" >/run/lab/flood.0 2>&1
	flood_pid=($!)
	background "$2" ping -n -i 0.005 "$(address "$1" "${3:-4}")" >/run/lab/flood.1 2>&1
	flood_pid+=($!)
}

# flood_stop: sets lost and sent of both directions. The last packet may still be under way.
flood_stop() {
	local i counts
	kill -INT "${flood_pid[@]}"
	wait "${flood_pid[@]}" || true
	lost=0 sent=0 refused=0 # ping tries again by itself
	for i in 0 1; do
		counts=$(awk -F'[ =]' '
			/icmp_seq=/ && !/DUP/ {
				for (n = 1; n < NF; n++)
					if ($n == "icmp_seq")
						last = $(n + 1)
				if (/bytes from/)
					received++
			}
			/packets transmitted/ { sent = $1 }
			END {
				lost = sent - received
				if (lost == 1 && last == sent - 1)
					lost = 0
				print lost, sent
			}' /run/lab/flood.$i)
		lost=$((lost + ${counts% *})) sent=$((sent + ${counts#* }))
	done
}

# stream_start A B [RATE [BACK [START]]]: numbered UDP packets both ways, RATE (1000) a second each, or
# BACK from B to A, until stream_end; returns when they arrive. To a container they go by its published
# port 9000. With START they begin when this file exists, and it returns when both ends are there.
stream_start() {
	local from to=$2 rate=${3:-1000}
	stream_hosts=("$1" "$2") stream_pid=()
	kernel_drops >/run/lab/drops.before
	for from in "$1" "$2"; do
		background "$from" /usr/bin/python3 "$LAB/udp_stream.py" \
			"$(address "$from")" "$(address "${published[$to]:-$to}")" "$rate" ${5:+"$5"} \
			>"/run/lab/stream.$from"
		stream_pid+=($!)
		to=$from rate=${4:-$rate}
	done
	if [ -n "${5:-}" ]; then
		wait_for 20 stream_listens
		return
	fi
	wait_for 20 grep -q arrived "/run/lab/stream.$2"
	[ "$rate" = 0 ] || wait_for 20 grep -q arrived "/run/lab/stream.$1"
}

# stream_listens: both ends are there, whether they send or not
stream_listens() {
	local host
	for host in "${stream_hosts[@]}"; do
		listens "$host" 9000 || return
	done
}

# dropped COUNTER HOST...: packets, by the kernel's counters
dropped() {
	local host
	for host in "${@:2}"; do
		on "$host" cat /proc/net/xfrm_stat
	done | awk -v counter="$1" '$1 == counter { sum += $2 } END { print sum }'
}

# drops_start, drops_end: around a stream that begins without SAs, so that what comes before the first
# packet that arrives is lost, too. What a negotiation lets wait for more than a second is blocked,
# and lost is not judged then.
drops_start() {
	silent=$(dropped XfrmOutPolBlock "${stream_hosts[@]}")
}

drops_end() {
	local host
	silent=$(($(dropped XfrmOutPolBlock "${stream_hosts[@]}") - silent))
	for host in "${stream_hosts[@]}"; do
		lost=$((lost + $(stream_count "$host" first)))
	done
	echo "sent $sent, lost $lost, refused $refused, longest gap $gap ms"
	expect 'packets that came before their SA' "$(dropped XfrmAcquireError "${stream_hosts[@]}")" = 0
	expect 'packets that came after their SA' "$(dropped XfrmInNoStates "${stream_hosts[@]}")" = 0
	[ "$silent" -gt 0 ] || expect_no_loss
}

# stream_count HOST FIELD: what its end of the stream printed
stream_count() {
	printed "/run/lab/stream.$1" "$2"
}

# printed FILE NAME: the number that stands there as NAME=NUMBER
printed() {
	sed -n "s/.*\<$2=\([0-9-]*\).*/\1/p" "$1"
}

# stream_end: prints both directions, and what the kernel dropped meanwhile if packets were lost; sets
# sent, lost and refused (by the sender's kernel) of both, and the longest gap in milliseconds. What
# came before the first packet that arrived is no loss: the other end was not listening yet.
stream_end() {
	local from to=${stream_hosts[1]} from_sent from_lost from_refused from_gap
	kill -INT "${stream_pid[@]}"
	wait "${stream_pid[@]}"
	lost=0 sent=0 refused=0 gap=0
	for from in "${stream_hosts[@]}"; do
		from_sent=$(stream_count "$from" sent) from_gap=$(stream_count "$to" gap_ms)
		from_lost=$((from_sent - $(stream_count "$to" first) - $(stream_count "$to" received)))
		from_refused=$(stream_count "$from" refused)
		echo "$from to $to: sent $from_sent, lost $from_lost, refused $from_refused," \
			"longest gap $from_gap ms"
		sent=$((sent + from_sent)) lost=$((lost + from_lost))
		refused=$((refused + from_refused))
		[ "$from_gap" -le $gap ] || gap=$from_gap
		to=$from
	done
	[ $lost = 0 ] || kernel_drops | grep -vxFf /run/lab/drops.before || true
}

# watch_start A B [RATE]: capture of A, stream both ways, TCP from A to B, until watch_end
watch_start() {
	watched=$1
	capture "$1"
	stream_start "$1" "$2" "${3:-1000}"
	tcp_start "$1" "$2"
}

# watch_end: prints and sets sent, lost, refused, gap and clear; the TCP connection must have lived
watch_end() {
	stream_end
	tcp_end
	capture_stop "$watched"
	clear=$(wire_clear "$watched")
	echo "in all: sent $sent, lost $lost, refused $refused, clear $clear, longest gap $gap ms," \
		"TCP $(stat -c %s /run/lab/tcp.received) bytes"
}

# watch_end_well: and nothing was lost or in clear
watch_end_well() {
	watch_end
	expect_no_loss
	expect 'in clear' "$clear" = 0
}

# renewal_start, renewal_end [FILTER]: around a change of the certificates of a, b and c; b and c
# together see all, and nothing of it (at c: nothing that FILTER takes) may be in clear. The kernel
# holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms at times; so
# 250 packets a second.
renewal_start() {
	capture b c
	stream_start a b 250
	tcp_start b c
}

renewal_end() {
	stream_end
	tcp_end
	capture_stop b c
	expect_no_clear b
	expect_no_clear c "${1:-}"
	echo "sent $sent, lost $lost, refused $refused, clear 0, longest gap $gap ms," \
		"TCP $(stat -c %s /run/lab/tcp.received) bytes"
	expect_no_loss
}

# cold_serve HOST ADDRESS...: what answers first contacts there
cold_serve() {
	background "$1" /usr/bin/python3 "$LAB/cold_peers.py" serve "${@:2}" >/run/lab/serve.out
	wait_for 20 grep -q serving /run/lab/serve.out
}

# knock FROM TO [SOURCE]: 20 UDP packets a second until knock_end, also from a SOURCE that FROM does
# not have yet; the name of the knocking is FROM.TO.SOURCE
knock() {
	local name=$1.$2.${3:-any}
	if [ ! -e "/run/lab/knocks.$2" ]; then
		: >"/run/lab/knocks.$2"
		background "$2" socat -u UDP4-RECV:9001 "OPEN:/run/lab/knocks.$2,append"
		wait_for 10 listens "$2" 9001
	fi
	background "$1" /usr/bin/python3 "$LAB/udp_knock.py" "$name" "${3:-0.0.0.0}" \
		"$(address "$2")" >"/run/lab/knock.$name"
	knock_pid[$name]=$!
	wait_for 20 grep -q begun "/run/lab/knock.$name"
}

# knocked NAME: how many packets arrived
knocked() {
	grep -cx "$1" "/run/lab/knocks.$(cut -d. -f2 <<<"$1")" || true
}

# knock_end NAME: prints and sets sent, lost, and refused by the sender's kernel
knock_end() {
	kill -INT "${knock_pid[$1]}"
	wait "${knock_pid[$1]}"
	read -r sent refused <<<"$(tail -n 1 "/run/lab/knock.$1")"
	sleep 0.1 # for what is still under way
	lost=$((sent - $(knocked "$1")))
	echo "$1: sent $sent, lost $lost, refused $refused"
}

# tcp FROM TO [6]: sends a file and compares what arrives
tcp() {
	local version=${3:-4} to
	to=$(address "$2" "$version")
	[ "$version" = 4 ] || to=[$to]
	[ -f /run/lab/sent ] || head -c 300000 /dev/urandom >/run/lab/sent
	rm -f /run/lab/received
	background "$2" timeout 30 socat -u "TCP$version-LISTEN:7000,reuseaddr" \
		CREATE:/run/lab/received
	wait_for 10 listens "$2" 7000
	on "$1" timeout 30 socat -u OPEN:/run/lab/sent "TCP$version:$to:7000" ||
		fail "TCP from $1 to $2"
	wait $! || fail "TCP from $1 to $2"
	cmp /run/lab/sent /run/lab/received || fail "TCP from $1 to $2 changed what it carries"
}

# tcp_start FROM TO: a transfer of 50 kB/s that goes on until tcp_end. A process started for each piece
# would take a guest most of its processor: the pause is a FIFO that nobody writes to.
tcp_start() {
	local piece
	piece=$(head -c 7500 /dev/urandom | base64 --wrap 0)
	rm -f /run/lab/tcp.{sent,received,enough,never}
	mkfifo /run/lab/tcp.never
	background "$2" socat -u TCP4-LISTEN:7001,reuseaddr CREATE:/run/lab/tcp.received
	tcp_pid=($!)
	wait_for 10 listens "$2" 7001
	until [ -e /run/lab/tcp.enough ]; do
		printf %s "$piece"
		read -rt 0.2 <>/run/lab/tcp.never || true
	done | tee /run/lab/tcp.sent | on "$1" socat -u STDIN "TCP4:$(address "$2"):7001" &
	tcp_pid+=($!)
}

tcp_ended() {
	! kill -0 "${tcp_pid[@]}"
}

# tcp_end: the connection still lives, and what was sent arrived
tcp_end() {
	local pid
	touch /run/lab/tcp.enough
	wait_for 30 tcp_ended
	for pid in "${tcp_pid[@]}"; do
		wait "$pid" || fail 'the TCP connection broke'
	done
	must cmp /run/lab/tcp.sent /run/lab/tcp.received
}
