# SPDX-License-Identifier: MIT
# SIGTERM and SIGKILL of xfrmd: policies, SAs and charon stay, traffic goes on, a successor adopts all.
# Out of reach is a rekeying while no xfrmd runs: after SIGTERM, before the upgraded successor comes,
# policies are not pinned, and what the responder sends before the initiator has its new SA is lost,
# some 10 packets; after SIGKILL the pin stays where it was, and what goes to this one peer waits for
# the successor, in the kernel's queue of 100 packets.
# Processors: several
fleet_up 10.0.1.0/24 a b
before=$(planned_policies a)
pid=$(charon_pid a)

# adopted END [PEERS]
adopted() {
	expect "policies after $1" "$(planned_policies a)" = "$before"
	expect "charon and peers up after $1" \
		"$(status a '"%d, %d" % (d["charon"]["pid"], d["peers"]["up"])')" = "$pid, ${2:-1}"
}

watch_start a b
for end in xfrmd_stop xfrmd_kill; do
	states=$(on a ip xfrm state | grep -c ^src)
	$end a
	expect "policies after $end" "$(planned_policies a)" = "$before"
	expect "SAs after $end" "$(on a ip xfrm state | grep -c ^src)" = "$states"
	xfrmd_start a
	adopted $end
done
watch_end_well

mkdir -p new/src/{xfrmd,xfrmctl}
cp "$BUILD/src/xfrmd/xfrmd" new/src/xfrmd/
cp "$BUILD/src/xfrmctl/xfrmctl" new/src/xfrmctl/
watch_start a b
xfrmd_stop a
# a peer that nobody knew begins, and charon alone answers it
host_address b add 10.0.1.3/24
expect 'answers to a new peer without xfrmd' \
	"$(on b ping -n -q -c 10 -i 0.1 -W 5 -I 10.0.1.3 10.0.1.1 | grep -o '[0-9]* received')" = '10 received'
charon_rekey a b
charon_rekey b a
BUILD=$PWD/new xfrmd_start a
adopted upgrade 2
watch_end
expect 'packets lost by rekeying without xfrmd' "$lost" -le 100
expect 'in clear' "$clear" = 0

xfrmd_kill a
charon_rekey a b
xfrmd_start a
must pings a b
# and the adopted charon negotiates
part b a
must pings a b
