# SPDX-License-Identifier: MIT
# Init: systemd
# Release: three minutes of Python on one processor
# The role on a host with a real systemd: the unit is enabled and started, another configuration comes in
# force without a restart, and in the end nothing is left.
CONTROLLER=a
HERE=a fleet 10.0.1.0/24 a
rmdir /run/lab/a
ln -s /run/xfrmd /run/lab/a
own_files a /usr
programs /
# the unit has a /tmp of its own
pki=/run/lab/pki
cp -r "$PKI" $pki
for unit in "$BUILD"/systemd/*.service; do
	sed "s#$(built_prefix)/sbin/#/usr/sbin/#" "$unit" >"/etc/systemd/system/${unit##*/}"
done

# group SUBNETS: what the inventory says
group() {
	inventory a <<-EOF
		ansible_connection: local
		xfrmd_conf:
		  ipsec:
		    instance_certificate: $pki/instance.pem
		    instance_private_key: $pki/instance.key
		    ca_certificates: $pki/ca.pem
		    ipsec_subnets: $1
		  log:
		    target: journal
	EOF
}

group 10.0.1.0/24
playbook optional
expect 'unit' "$(systemctl is-active xfrmd) $(systemctl is-enabled xfrmd)" = 'active enabled'
expect 'mode' "$(status a 'd["mode"], d["healthy"]')" = '["optional", true]'
pid=$(systemctl show --property MainPID --value xfrmd)

group '[10.0.1.0/24, 10.0.2.0/24]'
playbook optional
must has_policy a out 10.0.1.1/32 10.0.2.0/24
expect 'xfrmd' "$(systemctl show --property MainPID --value xfrmd)" = "$pid"

playbook remove
wait_for 10 not systemctl --quiet is-active xfrmd xfrmd-charon
must_not systemctl --quiet is-enabled xfrmd
must_not ls /etc/xfrmd
expect 'policies at the end' "$(policies a)" = ''
