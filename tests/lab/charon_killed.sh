# SPDX-License-Identifier: MIT
# SIGKILL of charon on one side, then on the other, then of xfrmd and charon there, under traffic both
# ways: all peers are negotiated with anew, nothing is lost, the orphaned SAs go once they are
# replaced, a new peer is reached.
# Processors: several
fleet_up 10.0.1.0/24 a b c
spis() {
	on "$1" ip xfrm state | grep -o 'spi 0x[0-9a-f]*' | sort
}
# have_left HOST SPIS: none of them is there any more
have_left() {
	[ -z "$(spis "$1" | grep -xF "$2")" ]
}
# kill_charon HOST: until it is back and has negotiated anew
kill_charon() {
	local times pid
	times=$(times_up "$1") pid=$(charon_pid "$1")
	kill -KILL "$pid"
	wait_for 60 not is "$times" times_up "$1"
	expect 'restarts' "$(status "$1" 'd["charon"]["restarts"]')" = 1
	expect 'healthy' "$(status "$1" 'd["healthy"]')" = true
}
wait_for 20 pings b a
before=$(planned_policies a)
orphans=$(spis a)
watch_start a b

kill_charon a
kill_charon b
pid=$(charon_pid b) times=$(times_up b)
xfrmd_kill b
kill -KILL "$pid"
xfrmd_start b
wait_for 60 not is "$times" times_up b
wait_for 10 have_left a "$orphans"
wait_for 10 has_sas b 2
expect 'policies' "$(planned_policies a)" = "$before"
wait_for 20 pings a c

watch_end_well
