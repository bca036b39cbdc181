# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# What a scenario expects, what it waits for, and what it shows when it fails.

# Prints a message with the line of the scenario that led here.
lab_where() {
	local i
	for ((i = 0; i < ${#BASH_SOURCE[@]} - 1; i++)); do
		case ${BASH_SOURCE[i]} in
		*/lab/lib/* | */lab/play) ;;
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
	test "$2" "$3" "$4" || fail "$1: found '$2', expected $3 '$4'"
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

# exits STATUS COMMAND...: it ends with this status; what it prints is not of interest
exits() {
	local status=0
	"${@:2}" >/dev/null 2>&1 || status=$?
	expect "exit status of ${*:2}" $status = "$1"
}

# now_ms: milliseconds, to compare with those of the same run
now_ms() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

# best_ms COMMAND...: the shortest of three times that it takes; a busy machine is late now and then
best_ms() {
	local start took best=
	for _ in 1 2 3; do
		start=$(now_ms)
		"$@" >/dev/null || true
		took=$(($(now_ms) - start))
		[ "${best:-$took}" -lt "$took" ] || best=$took
	done
	echo "$best"
}

# wait_for SECONDS COMMAND...: polls until the command succeeds, ever more rarely: in a guest a look takes
# as long as what is waited for
wait_for() {
	local end=$((SECONDS + $1)) pause=50
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not in time: $*"
		sleep ${pause}e-3
		pause=$((pause < 400 ? pause * 5 / 4 : pause))
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
	machine_logs
	kernel_drops
}
