# SPDX-License-Identifier: MIT
# xfrmctl list shows what ip xfrm policy shows, in the order in which the kernel decides about packets.
fleet 10.0.0.0/16 a=1.1,fd00::1/64 -- b=1.4,2.4,2.5,40.1 <<-EOF
	ipsec_subnets = 10.0.0.0/20, 10.0.2.4, fd00::/64
	no_ipsec_subnets = 10.0.0.0/16, 10.0.1.4/32, 10.0.2.0/24
EOF
on a ip xfrm policy add src 10.9.0.0/16 dst 10.8.0.0/16 dir out priority 40000 action block
xfrmd_start a

cat >compare.py <<'EOF'
import json, re, sys
kernel = set()
for block in re.split(r'\n(?=src )', open('kernel').read().strip()):
    found = re.match(r'src (\S+) dst (\S+).*\n\tdir (\S+) (action block )?priority (\d+)', block)
    source, destination, direction, block_word, priority = found.groups()
    if 'proto' in block.split('\n')[0]:
        continue  # neighbour discovery, which list shows by protocol
    action = 'block' if block_word else 'protect' if 'tmpl' in block else 'allow'
    kernel.add((direction, source, destination, int(priority), action))
policies = json.load(open('list'))['policies']
shown = [(p['direction'], p['source'], p['destination'], p['priority'], p['action']) for p in policies]
assert [p for p in shown if p not in kernel and p[1] != '::/0'] == [], (shown, kernel)
assert kernel - set(shown) == set(), kernel - set(shown)
assert [p['drift'] for p in policies if p['drift']] == [], policies
assert [p['source'] for p in policies if p['owner'] == 'other'] == ['10.9.0.0/16'], policies
for direction in 'out', 'in':
    order = [p[3] for p in shown if p[0] == direction]
    assert order == sorted(order), order
EOF
policies a >kernel
ctl a list --json >list
/usr/bin/python3 compare.py

# decided ADDRESS: what the first matching policy of the list says
decided() {
	json "next(p['action'] for p in d['policies'] if p['direction'] == 'out' and
		ipaddress.ip_address('$1') in ipaddress.ip_network(p['destination']))" <list
}

# What a packet really gets: in clear on the wire, or nothing of it.
capture a
for address in 10.0.1.4 10.0.2.4 10.0.2.5 10.0.40.1; do
	on a ping -q -c 1 -W 1 $address >/dev/null || true
done
capture_stop a
for want in 'allow 10.0.1.4' 'protect 10.0.2.4' 'allow 10.0.2.5' 'allow 10.0.40.1'; do
	address=${want#* } action=${want% *}
	expect "list on $address" "$(decided "$address")" = "$action"
	expect "packets in clear to $address" "$(wire_clear a "dst host $address")" \
		= "$([ "$action" = allow ] && echo 1 || echo 0)"
done
