# SPDX-License-Identifier: MIT
# SIGTERM while xfrmctl shutdown waits for a dead peer's answer to its DELETE: the shutdown is done at
# once, and nobody says that the protection goes on.
fleet_up 10.0.1.0/24 a dead <<<'stop_action = clear'
pid=$(charon_pid a)
ip link set dead down
ctl a shutdown >said 2>&1 &
asked=$!
wait_for 5 is 1 on a cat /proc/sys/net/core/xfrm_larval_drop
kill -TERM "${xfrmd_pid[a]}"
xfrmd_ended a
must wait $asked
must grep -q 'peers: not waited for any longer (signal)' said
must grep -q 'charon and its SAs: ended' said
must_not test -d "/proc/$pid"
must_not has_sa a 10.0.1.2
expect 'policies of a' "$(policies a)" = ''
must_not grep -q 'go on\|goes on' "$FOLDER/a.log" said
