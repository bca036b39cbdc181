# SPDX-License-Identifier: MIT
# First contacts while no xfrmd runs wait for the next one instead of being refused; as long as it runs
# charon hears no acquires. xfrmctl says meanwhile which SAs go on.
fleet_up 10.0.1.0/24 a b c d
must pings a b

# hearers: sockets of a that hear acquires, which is the first group of XFRM (netlink family 6)
hearers() {
	on a awk '$2 == 6 && substr($4, 8) ~ /[13579bdf]/ { print }' /proc/net/netlink | wc -l
}

# waiting ADDRESS: the kernel has made a larval SA, which has no SPI but, of our policies, a small number
waiting() {
	on a ip xfrm state | grep -A 1 "dst $1\$" | grep -q 'spi 0x000000'
}

# contact END PEER HEARERS: so many without xfrmd
contact() {
	local ping
	expect 'who hears acquires, besides xfrmd' "$(hearers)" = 2
	$1 a
	expect "who hears acquires after $1" "$(hearers)" = "$3"
	background a ping -n -q -c 1 -W 30 "$(address "$2")" >ping.out
	ping=$!
	wait_for 10 waiting "$(address "$2")"
	xfrmd_start a
	must wait $ping
	expect "packets lost after $1" "$(grep -o '[0-9]*% packet loss' ping.out)" = '0% packet loss'
}

# what is said of the SAs that are left
xfrmd_stop a
names 'SAs that are left go on, and new peers must wait' a status
names 'known peer, not pinned to an SA' a explain "$(address b)"
names 'sent as ESP, accepted only as ESP' a explain "$(address b)"
expect_text 'list' "$(ctl a list 2>/dev/null)" 'known peers   0 pinned to an SA, 0 held until they have one, 1 not pinned, 0 '
must pings a b
xfrmd_start a

contact xfrmd_stop c 2
contact xfrmd_kill d 1
