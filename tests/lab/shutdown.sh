# SPDX-License-Identifier: MIT
# xfrmctl shutdown and flush under traffic. What is allowed passes throughout, although its policies
# go as well, as exceptions from a protected subnet. After a shutdown with stop_action = block
# nothing protected passes, with clear all does. The peers got DELETEs, also those that asked for new
# SAs while a dead one made the shutdown wait.
fleet 10.0.0.0/20 a=1.1 b=1.2 dead=1.3 -- c=2.1 <<-EOF
	no_ipsec_subnets_file = $PWD/allowed
	stop_action = clear
EOF
sed -i 's/^stop_action.*/stop_action = block/' "$FOLDER/a.conf"
# enough of them for the removal to take some time
printf '10.0.2.%d\n' {1..250} >allowed
xfrmd_start a b dead
wait_for 20 pings a b
wait_for 20 pings a dead
planned_policies a >before
pid=$(charon_pid a)
protected='host 10.0.1.1 and host 10.0.1.2'

# with keys: a packet that comes between the end of an SA and that of its pin leaves a larval one, which
# has the same SPI
esp_sas() {
	on "$1" ip xfrm state | grep -c 'aead ' || true
}

# send_many HOST TO: more than the queue of a policy and the buffer of a socket hold
send_many() {
	on "$1" timeout 30 /usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(400):
    try:
        s.sendto(bytes(1400), (sys.argv[1], 9))
    except PermissionError:
        pass' "$2"
}

capture a
stream_start c a 250
flood_start a b

ip link set dead down
ctl a shutdown
xfrmd_ended a
must_not test -d "/proc/$pid"
expect 'SAs of a' "$(esp_sas a)" = 0
expect 'SAs of b' "$(esp_sas b)" = 0
planned_policies a | must cmp before -
sleep 1
expect 'SAs of b a second later' "$(esp_sas b)" = 0
# nobody negotiates, so nothing is held: senders go on
must send_many a 10.0.0.77
capture_stop a
echo "after shutdown with block: $(wire_clear a "$protected") protected packets in clear"
expect_no_clear a "$protected"

capture a
ctl b shutdown
xfrmd_ended b
expect 'policies of b' "$(policies b)" = ''
must_not pings a b 2>/dev/null
expect_no_clear a 'src host 10.0.1.1 and dst host 10.0.1.2'
flood_stop
capture_stop a

xfrmd_start a
ctl a flush
expect 'policies of a after a flush' "$(policies a)" = ''
must pings a b
must pings b a
ctl a reload >/dev/null
planned_policies a | must cmp before -
must_not pings b a

stream_end
expect_no_loss
