# SPDX-License-Identifier: MIT
# b loses all at once, policies too, and comes back a second later while a keeps sending to it.
# It remembers a: the gap ends when b is ready, on an idle machine a second after the start of xfrmd,
# most of it charon's own start in User-Mode Linux (on hardware both take less than 0.1 s). It does
# not: a has found out long before that nothing comes in any more, and has tried to negotiate anew since then;
# charon's own retransmissions of such a try are up to 2.2 s apart. What a sends before is lost, whatever b does.
# Alone: it measures time.
fleet_up 10.0.1.0/24 a b
times_protected() {
	grep -c 'spd: start' "$FOLDER/$1.log"
}
# connect HOST TIMES: when it is protected once more. The switch, not the link, whose changes the
# kernel takes up to a second to notice; and soon, a lost IKE_SA_INIT would cost another second.
connect() {
	while is "$2" times_protected "$1"; do
		sleep 0.02
	done
	bridge link set dev "$1" state 3
}
# power_cycle HOST COMMAND...: the kernel and /run are empty then, files are not; the network comes
# when the policies stand. Sets away and ready: milliseconds until xfrmd is started, and is ready.
power_cycle() {
	local name=$1 start pid
	pid=$(charon_pid "$name") times=$(times_up "$name")
	start=$(now_ms)
	bridge link set dev "$name" state 0
	xfrmd_kill "$name"
	kill -KILL "$pid"
	on "$name" ip xfrm state flush
	on "$name" ip xfrm policy flush
	mv "/run/lab/$name/peers" /run/lab/disk
	rm -r "/run/lab/$name"
	mkdir "/run/lab/$name"
	mv /run/lab/disk "/run/lab/$name/peers"
	"${@:2}"
	sleep 1
	connect "$name" "$(times_protected "$name")" &
	away=$(($(now_ms) - start))
	xfrmd_start "$name"
	ready=$(($(now_ms) - start))
}
remembers() {
	grep -q "^$2 $3\$" "/run/lab/$1/peers"
}
add_others() {
	printf '%s\n' '10.0.1.2 10.0.1.9' 'nonsense' '10.0.9.9 10.0.1.8' >>/run/lab/b/peers
}
forget() {
	rm /run/lab/b/peers
}
# reached WHAT: until a reaches b again
reached() {
	wait_for 15 not is "$times" times_up b
	sleep 1
	stream_end
	echo "b $1 a: away $away ms, ready after $ready ms, gap $gap ms"
}
wait_for 10 remembers b 10.0.1.2 10.0.1.1
capture a

# only a sends: b has no traffic of its own that would ask for an SA
stream_start a b 200 0
power_cycle b add_others
must has_policy b out 10.0.1.2/32 10.0.1.9/32
expect_text 'log of b' "$(cat "$FOLDER/b.log")" '1 broken lines, ignored'
reached remembers
expect 'gap' $gap -lt $((ready + 2500))
# written anew, with the one whose address may come yet
wait_for 10 not grep -q nonsense /run/lab/b/peers
must remembers b 10.0.1.2 10.0.1.1
must remembers b 10.0.9.9 10.0.1.8

part a b
wait_for 10 pings a b
stream_start a b 200 0
power_cycle b forget
reached forgot
expect 'gap' $gap -lt $((ready + 3500))

capture_stop a
expect_no_clear a
