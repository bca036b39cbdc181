# SPDX-License-Identifier: MIT
# Both ends rekey every few seconds under 1,000 packets a second each way, colliding at times. What
# is lost is what comes between the end of the SA in use and the next pin, some ten packets on a busy
# machine; without pins a collision costs seconds.
# Alone: it counts what is lost in the milliseconds between two pins.
lab_switch
host a 10.0.1.1/24
host b 10.0.1.2/24
for name in a b; do
	xfrmd_conf $name <<-EOF
		ipsec_subnets = 10.0.1.0/24
		[charon]
		rekey_time = 5
	EOF
	xfrmd_start $name
done
wait_for 20 pings a b
wait_for 20 pings b a
capture a

stream_start a b
sleep 45
stream_end
expect 'packets lost' "$lost" -le $((sent / 200))
rekeyed=$(on a ip xfrm state | grep -c '^src 10.0.1.1') || true
echo "sent $sent, lost $lost, longest gap $gap ms, $rekeyed outbound SAs at the end"

capture_stop a
expect_no_clear a
# every SA that carried a packet: at least one rekeying each 5 s and direction
expect 'SPIs on the wire' "$(tcpdump -nn -r "$FOLDER/a.pcap" 'ip proto 50 and src 10.0.1.1' 2>/dev/null |
	grep -o 'spi=0x[0-9a-f]*' | sort -u | wc -l)" -ge 8
