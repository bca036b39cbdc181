# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The vocabulary of scenarios. Hosts are network namespaces on one switch; each has its files in
# $FOLDER (kept when the scenario fails) and its run directory in /run/lab/HOST.

declare -A address4=() address6=() published=() xfrmd_pid=() capture_pid=() knock_pid=()

# --- saying what went wrong

# Prints a message with the line of the scenario that led here.
lab_where() {
	local i
	for ((i = 0; i < ${#BASH_SOURCE[@]}; i++)); do
		case ${BASH_SOURCE[i]##*/} in
		lib.bash | play) ;;
		*) break ;;
		esac
	done
	echo "${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}: $1"
}

fail() {
	lab_where "$1"
	trap - ERR
	exit 1
}

# expect WHAT FOUND OPERATOR WANTED, with the operators of test(1)
expect() {
	[ "$2" "$3" "$4" ] || fail "$1: found '$2', expected $3 '$4'"
}

# expect_text WHAT FOUND PART: FOUND contains PART
expect_text() {
	[[ $2 == *"$3"* ]] || fail "$1: found '$2', expected it to contain '$3'"
}

# must COMMAND..., must_not COMMAND...
must() {
	"$@" || fail "did not succeed: $*"
}

must_not() {
	! "$@" || fail "did not fail: $*"
}

# wait_for SECONDS COMMAND...: polls until the command succeeds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not in time: $*"
		sleep 0.05
	done
}

# not COMMAND...: for wait_for
not() {
	! "$@"
}

# is EXPECTED COMMAND...: the command prints exactly this; for wait_for
is() {
	[ "$("${@:2}")" = "$1" ]
}

# json EXPRESSION: evaluates Python over the document d on standard input
json() {
	/usr/bin/python3 -c 'import ipaddress, json, sys
d = json.load(sys.stdin)
found = eval(sys.argv[1])
print(found if isinstance(found, str) else json.dumps(found))' "$1"
}

# expect_no_loss [BETWEEN-WHOM]: after stream_end, flood_stop and the like
expect_no_loss() {
	expect "packets lost${1:+ between $1}" "$lost" = 0
	expect "packets refused${1:+ between $1}" "$refused" = 0
}

# kernel_drops: what the kernel of a guest has dropped (if guest-init made it count), also what no
# counter shows: how many, why, and the functions that led there, the innermost first. That ping's
# answers end in icmp_rcv is normal.
kernel_drops() {
	local event=/sys/kernel/tracing/events/skb/kfree_skb
	[ ! -f $event/hist ] || awk -F'[ \t+,}]+' '
		/^print fmt/ {
			while (match($0, /[{] [0-9]+, "[A-Z_0-9]+" [}]/)) {
				split(substr($0, RSTART, RLENGTH), part, /[ ,"]+/)
				reason[part[2]] = part[3]
				$0 = substr($0, RSTART + RLENGTH)
			}
		}
		/stacktrace:$/ { way = ""; depth = 0; next }
		/^         / && depth++ < 6 { way = way (way ? " < " : "") $2 }
		/^, reason:/ && way !~ /^icmp_rcv/ {
			count[(reason[$3] ? reason[$3] : $3) ": " way] += $NF
		}
		END {
			for (way in count)
				print "dropped", count[way], way
		}' $event/format $event/hist
}

# What a failed scenario shows besides its own words.
lab_show_state() {
	local host
	if [ "${INIT:-}" = systemd ]; then
		journalctl --boot --identifier systemd --identifier xfrmd --output short-precise
	fi
	for host in "${!address4[@]}"; do
		echo "--- $host: kernel counters, policies, SAs, last packets"
		on "$host" awk '$2 > 0' /proc/net/xfrm_stat
		policies "$host" | awk '/^src/ { line = $0 } /^\tdir/ { print line $0 }' | head -n 12
		on "$host" ip xfrm state | awk '/^src/ { line = $0 } /^\tproto/ { print line $0 }'
		! [ -f "/run/lab/$host.pcap" ] || cp "/run/lab/$host.pcap" "$FOLDER/"
		if [ -f "$FOLDER/$host.pcap" ]; then
			tcpdump -nn -r "$FOLDER/$host.pcap" 2>/dev/null | tail -n 8
		fi
	done
	kernel_drops
}

# --- hosts and wires

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

# host NAME ADDRESS/LENGTH...: a namespace with eth0; its port on the switch is named NAME
host() {
	ip netns add "$1"
	host_wire "$@"
}

# host_here NAME ADDRESS/LENGTH...: likewise the namespace that we are in, where services run
host_here() {
	ip netns attach "$1" $$
	host_wire "$@"
}

host_wire() {
	local name=$1 address
	shift
	ip link add name "$name" type veth peer name eth0 netns "$name"
	[[ $* == *:* ]] || no_ipv6 on "$name"
	ip link set dev "$name" master switch up
	ip -n "$name" link set lo up
	ip -n "$name" link set eth0 up
	mkdir "/run/lab/$name"
	for address; do
		host_address "$name" add "$address"
		case $address in
		*:*) : "${address6[$name]:=${address%/*}}" ;;
		*) : "${address4[$name]:=${address%/*}}" ;;
		esac
	done
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

# host_address NAME add|del ADDRESS/LENGTH
host_address() {
	case $3 in
	*:*) ip -n "$1" address "$2" "$3" dev eth0 nodad ;;
	*) ip -n "$1" address "$2" "$3" dev eth0 ;;
	esac
}

# address HOST [6]: the first address of a host; what is no host stays as it is
address() {
	if [ "${2:-4}" = 6 ]; then
		echo "${address6[$1]:-$1}"
	else
		echo "${address4[$1]:-$1}"
	fi
}

# capture HOST: records what passes its port until capture_stop; in memory, since the folder of a guest
# in QEMU is too slow for it
capture() {
	# one from before would say too early that it listens
	rm -f "/run/lab/$1.tcpdump"
	tcpdump -i "$1" -nn -s 128 -B 16384 --immediate-mode -U -Z root -w "/run/lab/$1.pcap" \
		2>"/run/lab/$1.tcpdump" &
	capture_pid[$1]=$!
	wait_for 10 grep -sq 'listening on' "/run/lab/$1.tcpdump"
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

# --- traffic

# pings FROM TO [6]: whether an answer comes
pings() {
	on "$1" ping -n -q -c 1 -W 1 "$(address "$2" "${3:-4}")" >/dev/null
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
		on "$host" ss -Hlun sport = 9000 | grep -q . || return
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
	sed -n "s/.*\<$2=\([0-9]*\).*/\1/p" "/run/lab/stream.$1"
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

# knock FROM TO [SOURCE]: 20 UDP packets a second until knock_end, also from a SOURCE that FROM does
# not have yet; the name of the knocking is FROM.TO.SOURCE
knock() {
	local name=$1.$2.${3:-any}
	if [ ! -e "/run/lab/knocks.$2" ]; then
		: >"/run/lab/knocks.$2"
		background "$2" socat -u UDP4-RECV:9001 "OPEN:/run/lab/knocks.$2,append"
		wait_for 10 on "$2" sh -c 'ss -Huln sport = 9001 | grep -q .'
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
	wait_for 10 on "$2" sh -c 'ss -Htln sport = 7000 | grep -q .'
	on "$1" timeout 30 socat -u OPEN:/run/lab/sent "TCP$version:$to:7000" ||
		fail "TCP from $1 to $2"
	wait $! || fail "TCP from $1 to $2"
	cmp /run/lab/sent /run/lab/received || fail "TCP from $1 to $2 changed what it carries"
}

# tcp_start FROM TO: a transfer of 200 kB/s that goes on until tcp_end
tcp_start() {
	head -c 10000 /dev/urandom >/run/lab/tcp.piece
	rm -f /run/lab/tcp.{sent,received,enough}
	background "$2" socat -u TCP4-LISTEN:7001,reuseaddr CREATE:/run/lab/tcp.received
	tcp_pid=($!)
	wait_for 10 on "$2" sh -c 'ss -Htln sport = 7001 | grep -q .'
	until [ -e /run/lab/tcp.enough ]; do
		cat /run/lab/tcp.piece
		sleep 0.05
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

# --- xfrmd

# host_pki HOST FOLDER: brings it what xfrmpki made there, but for the keys of CAs
host_pki() {
	mkdir -p "/run/lab/$1/pki"
	cp "$2"/{instance.pem,instance.key,ca.pem} "/run/lab/$1/pki/"
}

# xfrmpki ARGUMENT...
xfrmpki() {
	"$BUILD/src/xfrmpki/xfrmpki" "$@"
}

# pki_signed FOLDER NAME SUBJECT BEGIN END OPTION...: NAME.pem anew for the key beside it, valid from
# and to so many seconds from now
pki_signed() {
	cat >"$1/openssl.cnf" <<-EOF
		[ca]
		default_ca = fleet
		[fleet]
		database = $1/index
		new_certs_dir = $1
		rand_serial = yes
		default_md = sha256
		policy = any
		[any]
		commonName = supplied
		[authority]
		basicConstraints = critical,CA:TRUE
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
	EOF
	: >"$1/index"
	openssl req -new -key "$1/$2.key" -subj "$3" -out "$1/request"
	openssl ca -batch -notext -config "$1/openssl.cnf" -keyfile "$1/ca.key" -in "$1/request" \
		-startdate "$(date -u -d "$4 seconds" +%y%m%d%H%M%SZ)" \
		-enddate "$(date -u -d "$5 seconds" +%y%m%d%H%M%SZ)" -out "$1/$2.pem" "${@:6}" 2>"$1/log"
}

# pki_dated FOLDER BEGIN END: its instance certificate anew
pki_dated() {
	pki_signed "$1" instance /CN=instance "$2" "$3" -cert "$1/ca.pem"
}

# pki_date -startdate|-enddate FILE: as xfrmd writes it
pki_date() {
	date -u -d "$(openssl x509 -in "$2" -noout "$1" | cut -d= -f2)" +%Y-%m-%dT%H:%M:%SZ
}

# pki_expired FILE: not in the second in which it ends: charon lets that one count
pki_expired() {
	[ "$(date +%s)" -gt $(($(date -d "$(pki_date -enddate "$1")" +%s) + 1)) ]
}

# xfrmd_conf HOST: writes its configuration, with what host_pki brought if it did; standard input
# continues the section [ipsec]
xfrmd_conf() {
	local pki=/run/lab/$1/pki
	[ -d "$pki" ] || pki=$PKI
	cat - >"$FOLDER/$1.conf" <<-EOF
		[log]
		target = stderr
		[ipsec]
		instance_certificate = $pki/instance.pem
		instance_private_key = $pki/instance.key
		ca_certificates = $pki/ca.pem
		$(cat)
	EOF
}

# xfrmd_command HOST [OPTION]...: sets command
xfrmd_command() {
	# shellcheck disable=SC2206
	command=($WRAP "$BUILD/src/xfrmd/xfrmd" --config "$FOLDER/$1.conf" --run-dir "/run/lab/$1"
		--foreground "${@:2}")
}

ctl() {
	on "$1" "$BUILD/src/xfrmctl/xfrmctl" --run-dir "/run/lab/$1" "${@:2}"
}

# names TEXT HOST COMMAND [ARGUMENT]...: the first five lines, as an operator sees them, have TEXT
names() {
	local shown
	shown=$({ ctl "${@:2}" 2>&1 || true; } | head -n 5)
	echo "$2: xfrmctl ${*:3}:"
	# shellcheck disable=SC2001
	sed 's/^/    /' <<<"$shown"
	expect_text "first lines of xfrmctl ${*:3} on $2" "$shown" "$1"
}

# status HOST EXPRESSION: a value out of xfrmctl status; peers likewise
status() {
	{ ctl "$1" status --json || true; } | json "$2"
}

peers() {
	ctl "$1" peers --json | json "$2"
}

# documented HOST COMMAND [ARGUMENT]...: its JSON is exactly what the manual says
documented() {
	{ ctl "$@" --json || true; } >/run/lab/document
	must "$LAB/../documented.py" "$LAB/../../src/man/xfrmctl.8" "$2=/run/lab/document"
}

# policies HOST: the kernel's, without the exemptions that sockets carry
policies() {
	on "$1" ip xfrm policy list nosock
}

# thresholds HOST: the kernel's hash thresholds for IPv4, local and remote
thresholds() {
	on "$1" ip -s -s xfrm policy count | awk '/IPv4 thresholds/ { print $5, $7 }'
}

# Those that configuration and addresses make: not the ones of known hosts, which come with SAs, and
# without the reserved SPI by which those of subnets wait while there is a manager.
planned_policies() {
	on "$1" ip -o xfrm policy list nosock | grep -v 'priority 30020' |
		sed 's/ spi 0x000000[0-9a-f]*//' | sort
}

# has_policy HOST OUT-OR-IN SOURCE DESTINATION
has_policy() {
	on "$1" ip xfrm policy get dir "$2" src "$3" dst "$4" >/dev/null
}

# has_sa HOST ADDRESS: one with this address on either end
has_sa() {
	on "$1" ip xfrm state | grep -E "(src|dst) $2( |\$)" >/dev/null
}

charon_pid() {
	status "$1" 'd["charon"]["pid"]'
}

# swan HOST ARGUMENT...: swanctl with the private charon; loading all its plugins takes too long
swan() {
	[ -f /run/lab/swanctl.strongswan ] || echo 'swanctl { load = nonce }' >/run/lab/swanctl.strongswan
	on "$1" env STRONGSWAN_CONF=/run/lab/swanctl.strongswan \
		swanctl "${@:2}" --uri "unix:///run/lab/$1/charon.vici"
}

# ike_sas HOST [PEER]: id of each IKE_SA, SPI of the initiator, and the ids of its children, if any
ike_sas() {
	swan "$1" --list-sas | awk -v peer="${2:+$(address "$2")}" '
		function say() {
			if (id && (!peer || from == peer))
				print id, spi children
			id = ""
		}
		/IKEv2/ { say(); id = $2; spi = $5; children = ""; gsub(/[#,]/, "", id); sub(/_i.*/, "", spi) }
		$1 == "remote" && / @ / { from = $NF; sub(/\[.*/, "", from) }
		/ INSTALLED, / { child = $2; gsub(/[#,]/, "", child); children = children " " child }
		END { say() }'
}

# has_ike_sa HOST ID; a duplicate may have ended since it was listed
has_ike_sa() {
	ike_sas "$1" | grep -q "^$2 "
}

# rekey HOST PEER: new SAs with it, as the operator of HOST asks for them
rekey() {
	ctl "$1" rekey "$(address "$2")" >/dev/null
}

# charon_rekey HOST PEER: all SAs between them and then the IKE_SAs, by the charon of HOST
charon_rekey() {
	local id children child
	ike_sas "$1" "$2" | while read -r id _ children; do
		for child in $children; do
			swan "$1" --rekey --child-id "$child" >/dev/null ||
				not has_ike_sa "$1" "$id" ||
				fail "$1: no rekeying of SA $child"
		done
		swan "$1" --rekey --ike-id "$id" >/dev/null || not has_ike_sa "$1" "$id" ||
			fail "$1: no rekeying of IKE_SA $id"
	done
}

# part HOST PEER: ends what is between them, so that the next packet has to negotiate
part() {
	local id
	ike_sas "$1" "$2" | while read -r id _; do
		swan "$1" --terminate --ike-id "$id" >/dev/null || must_not has_ike_sa "$1" "$id"
	done
}

# lockdown HOST: what its boot does before anything else
lockdown() {
	local command
	xfrmd_command "$1" --lockdown
	on "$1" "${command[@]}" >>"$FOLDER/$1.log" 2>&1
}

ready_or_ended() {
	is "${xfrmd_pid[$1]}" cat "/run/lab/$1/xfrmd.pid" || not kill -0 "${xfrmd_pid[$1]}"
}

xfrmd_start() {
	local command
	xfrmd_command "$@"
	background "$1" "${command[@]}" >>"$FOLDER/$1.log" 2>&1
	xfrmd_pid[$1]=$!
	wait_for 60 ready_or_ended "$1"
	kill -0 "${xfrmd_pid[$1]}" 2>/dev/null || fail "xfrmd on $1 ended at its start"
}

# xfrmd_stop HOST: ends the manager; policies, SAs and charon stay
xfrmd_stop() {
	kill -TERM "${xfrmd_pid[$1]}"
	xfrmd_ended "$1"
}

# xfrmd_kill HOST: SIGKILL
xfrmd_kill() {
	kill -KILL "${xfrmd_pid[$1]}"
	wait "${xfrmd_pid[$1]}" || true
	unset "xfrmd_pid[$1]"
}

# xfrmd_ended HOST: waits for the end that something else caused
xfrmd_ended() {
	local status=0
	wait "${xfrmd_pid[$1]}" || status=$?
	unset "xfrmd_pid[$1]"
	expect "exit status of xfrmd on $1" $status = 0
}

# --- a host with plain strongSwan

# strongswan_start HOST SUBNET: charon with a trap connection to all of SUBNET, its own policies
strongswan_start() {
	local folder=/run/lab/$1
	mkdir "$folder"/{x509,x509ca,private}
	cp "$PKI/instance.pem" "$folder/x509/"
	cp "$PKI/ca.pem" "$folder/x509ca/"
	cp "$PKI/instance.key" "$folder/private/"
	cat >"$folder/strongswan.conf" <<-EOF
		charon-systemd {
			load = random nonce x509 revocation constraints pubkey pkcs1 pkcs8 pem openssl kdf kernel-netlink socket-default vici
			install_routes = no
			plugins {
				vici {
					socket = unix://$folder/charon.vici
				}
			}
			journal {
				default = -1
			}
			filelog {
				lab {
					path = $FOLDER/$1.log
					default = 1
					flush_line = yes
				}
			}
		}
	EOF
	cat >"$folder/swanctl.conf" <<-EOF
		connections {
			fleet {
				version = 2
				mobike = no
				unique = never
				proposals = aes128-sha256-modp2048
				remote_addrs = %any
				local {
					auth = pubkey
					certs = instance.pem
				}
				remote {
					auth = pubkey
					cacerts = ca.pem
				}
				children {
					fleet {
						mode = transport
						esp_proposals = aes128gcm16
						remote_ts = $2
						start_action = trap
					}
				}
			}
		}
	EOF
	background "$1" env STRONGSWAN_CONF="$folder/strongswan.conf" charon-systemd \
		>"$FOLDER/$1.out" 2>&1
	wait_for 20 test -S "$folder/charon.vici"
	on "$1" env STRONGSWAN_CONF="$folder/strongswan.conf" swanctl --load-all \
		--file "$folder/swanctl.conf" --uri "unix://$folder/charon.vici" >>"$FOLDER/$1.out" 2>&1
}

# --- the end

# What a scenario leaves running must end cleanly, also under a sanitizer or valgrind.
lab_end() {
	local host
	for host in "${!xfrmd_pid[@]}"; do
		xfrmd_stop "$host"
	done
	! grep -E 'Sanitizer|runtime error:|ERROR SUMMARY: [1-9]|^==[0-9]+== .*(Invalid|uninit|lost:)' \
		"$FOLDER"/*.log || fail 'a checker found errors'
}
