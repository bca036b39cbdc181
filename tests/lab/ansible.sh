# SPDX-License-Identifier: MIT
# Release: seven minutes of Python on one processor
# The rollout by Ansible: two hosts that talk in clear end up with IPsec required and lose nothing. As long
# as one of them talks to c, which has no xfrmd, it stops before that and names c.
fleet 10.0.1.0/24 a b c -- ops=9 <<-EOF
	no_ipsec_subnets = 10.0.1.9
	optional = true
EOF
managed a b
programs /run/lab/package
for host in a b; do
	within $host cp -r /run/lab/package/. /
done
inventory a b <<-EOF
	xfrmd_supervisor: none
	xfrmd_conf:
	  ipsec:
	    instance_certificate: $PKI/instance.pem
	    instance_private_key: $PKI/instance.key
	    ca_certificates: $PKI/ca.pem
	    ipsec_subnets: 10.0.1.0/24
	    no_ipsec_subnets: 10.0.1.9
	  log:
	    target: file:$FOLDER/{{ inventory_hostname }}.log
	xfrmd_soak: 1
	xfrmd_patience: 5
	xfrmd_try: 600
EOF
printf 'ungrouped:\n  hosts:\n    c: {ansible_host: 10.0.1.3}\n' >>/run/lab/inventory.yml

modes() {
	expect 'modes' "$(status a 'd["mode"]') $(status b 'd["mode"]')" = "$1"
}

stream_start a b 50
background a ping -n -q -i 0.5 10.0.1.3 >/run/lab/ping
playbook optional
wait_for 20 is true status a 'd["peers"]["up"] >= 1'
must_not playbook required
expect_text 'end of the rollout' "$(cat /run/lab/played)" \
	'a talks in clear with 10.0.1.3 (c): no response from the peer'
modes 'optional optional'

xfrmd_start c
ctl a retry 10.0.1.3
capture a
tcp_start a b
playbook required
modes 'required required'
tcp_end
capture_stop a
stream_end
echo "sent $sent, lost $lost, refused $refused, longest gap $gap ms"
expect_no_loss
expect_no_clear a 'not host 10.0.1.9'
expect 'ESP packets' "$(wire_count a 'ip proto 50')" -gt 0
