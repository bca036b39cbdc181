# SPDX-License-Identifier: MIT
# xfrmd hangs, and nobody reads what charon logs: when the FIFO is full, charon still answers peers and
# VICI, and what was up loses nothing. When xfrmd goes on, it takes up what it missed.
fleet_up 10.0.1.0/24 a b c <<-EOF
	[log]
	level = debug
EOF
charon=$(charon_pid a)
watch_start a b 250

kill -STOP "${xfrmd_pid[a]}"
# as much as there is room for, and no line
must_not dd if=/dev/zero of=/run/lab/a/charon.log oflag=nonblock bs=4096
must_not dd if=/dev/zero of=/run/lab/a/charon.log oflag=nonblock bs=1 count=1
# a peer that nobody knew; what a has for it waits for xfrmd
must_not pings c a
wait_for 20 is 1 status c 'd["peers"]["up"]'
must swan a --stats

kill -CONT "${xfrmd_pid[a]}"
wait_for 20 pings a c
watch_end_well
expect 'charon when xfrmd goes on' "$(status a '"%d, %d restarts" % (d["charon"]["pid"], d["charon"]["restarts"])')" = \
	"$charon, 0 restarts"
wait_for 20 is true status a 'd["healthy"]'

# its lines are heard again
begun() {
	grep -c 'parsed IKE_SA_INIT request' "$FOLDER/a.log" || true
}
before=$(begun)
part c a
wait_for 20 pings c a
wait_for 10 not is "$before" begun
