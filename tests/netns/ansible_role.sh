# SPDX-License-Identifier: MIT
# Release: minutes of Python
# The Ansible role on one host: from nothing but a package to a daemon that runs, and off again.
fleet 10.0.1.0/24 a -- ops=9
managed a

# stands for that of tools/deb
programs /run/lab/package
mkdir /run/lab/package/DEBIAN
cat >/run/lab/package/DEBIAN/control <<-EOF
	Package: xfrmd
	Version: 1
	Architecture: all
	Maintainer: lab
	Description: xfrmd
EOF
dpkg-deb --build /run/lab/package /run/lab/xfrmd.deb >/dev/null

# group SUBNETS PKI PACKAGE: what the inventory says
group() {
	inventory a <<-EOF
		xfrmd_supervisor: none
		xfrmd_package: $3
		xfrmd_pki: $2
		xfrmd_conf:
		  ipsec:
		    ipsec_subnets: $1
		    protect_forwarded: false
		    no_ipsec_subnets: 10.0.1.9
		  log:
		    target: file:/var/log/xfrmd.log
		xfrmd_soak: 1
	EOF
}

# changed NUMBER: tasks that changed something in the last play
changed() {
	expect_text 'recap' "$(grep '^a  *: ' /run/lab/played)" " changed=$1 "
}

files() {
	within a sh -c 'cat /etc/xfrmd/xfrmd.conf && ls -lR --time-style=full-iso /etc/xfrmd'
}

group '[10.0.1.0/24, 10.0.2.0/24]' "$PKI" /run/lab/xfrmd.deb
playbook rollout --check
must_not files
must_not within a test -e /usr/sbin/xfrmd

# a host that is not healthy once IPsec is required goes back
on a ip xfrm policy add src 10.0.1.0/24 dst 10.0.1.2 dir out priority 7
must_not playbook rollout
expect_text 'end of the rollout' "$(cat /run/lab/played)" \
	'a stays optional, and so do the hosts behind it: Ask whether the host is healthy: '
expect 'mode' "$(status a 'd["mode"], d["try"]')" = '["optional", null]'
on a ip xfrm policy delete src 10.0.1.0/24 dst 10.0.1.2 dir out

playbook required
expect 'mode' "$(status a 'd["mode"], d["healthy"]')" = '["required", true]'
must has_policy a out 10.0.1.1/32 10.0.2.0/24
must is "600 $(id -u)" within a sh -c 'stat -c "%a %u" /etc/xfrmd/pki-*/instance.key'
files >before

playbook rollout
changed 0

# required however it is written: by hand, too
within a sed -i 's/^[a-z]/\t&/; s/ = /\t= /' /etc/xfrmd/xfrmd.conf
playbook optional
expect 'mode' "$(status a 'd["mode"], d["healthy"]')" = '["required", true]'
files >before

# refused before it is in place
group '[10.0.1.0/24, 10.0.2.300/24]' "$PKI" "''"
must_not playbook rollout
expect_text 'refusal' "$(cat /run/lab/played)" \
	'[ipsec] ipsec_subnets: malformed subnet, found \"10.0.2.300/24\"'
must cmp before <(files)

inventory a <<-EOF
	xfrmd_conf:
	  ipsec:
	  ipsec_subnets: 10.0.1.0/24
EOF
must_not playbook optional
expect_text 'refusal' "$(cat /run/lab/played)" 'xfrmd_conf: ipsec, ipsec_subnets: no keys with values below it'
must cmp before <(files)

# new certificates, and one subnet less, without a moment in which IPsec is not required
mkdir -m 700 home
xfrmpki init --dir home --cn fleet
xfrmpki issue --dir home --cn instance
group 10.0.1.0/24 "$PWD/home" "''"
playbook optional
expect 'mode' "$(status a 'd["mode"]')" = required
must_not has_policy a out 10.0.1.1/32 10.0.2.0/24
expect 'folders of certificates' "$(within a sh -c 'ls -d /etc/xfrmd/pki-*')" = \
	"$(status a 'd["certificates"][0]["file"].rpartition("/")[0]')"

playbook remove
must_not within a ls /etc/xfrmd /usr/sbin/xfrmctl
expect 'policies at the end' "$(policies a)" = ''
