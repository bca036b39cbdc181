# SPDX-License-Identifier: MIT
# Init: systemd
# The Debian package under a real systemd, set up by the lines of README.md: what is installed starts
# nothing, an upgrade restarts the manager and loses nothing, a removal ends the protection, by xfrmd or
# without it, and a purge leaves keys only. Likewise where a real monit starts xfrmd.
HERE=a fleet 10.0.0.0/20 a=1.1 b=1.2 </dev/null

root=$LAB/../..
package=$(echo "$root"/build-deb/xfrmd_*.deb)
[ -f "$package" ] || fail "no package, tools/deb makes it"
# what a container has so that installing packages starts nothing
rm -f /usr/sbin/policy-rc.d
# pages of the manual need no index here, and dpkg reads all its files each time: from memory
rm -f /var/lib/man-db/auto-update
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab
mkdir /run/dpkg
tar -C /var/lib/dpkg --exclude='*.md5sums' -c . | tar -C /run/dpkg -x
mount --bind /run/dpkg /var/lib/dpkg
rmdir /run/lab/a
ln -s /run/xfrmd /run/lab/a

# repacked VERSION: what tools/deb made, as of another version
repacked() {
	dpkg-deb --raw-extract "$package" unpacked
	sed -i "s/^Version: .*/Version: $1/" unpacked/DEBIAN/control
	dpkg-deb --build -Znone unpacked "xfrmd_$1.deb"
	rm -r unpacked
}

main_pid() {
	systemctl show --property MainPID --value "$1"
}

units() {
	systemctl list-units --plain --no-legend 'xfrmd*'
}

# what bears our name where packages, systemd and xfrmd put things; a search of all folders is too
# much for User-Mode Linux
ours() {
	local places=(/{run,etc,etc/*/,etc/*/*.d/,etc/monit/*/,etc/systemd/system/*/,var/lib,var/log}
		/usr/{bin,sbin,lib/systemd/system{,/strongswan.service.d}}
		/usr/share{,/doc,/man/*,/zsh/*,/bash-completion/completions,/lintian/overrides})
	{ find -L "${places[@]}" -mindepth 1 -maxdepth 1 -name '*xfrm[dcp]*' 2>/dev/null || true; } | sort -u
}

# left FILE...: these and those that were there before are the only ones
left() {
	# shellcheck disable=SC2086
	expect 'what is left' "$(ours)" = "$(printf '%s\n' $before "$@" | sort)"
}

ready() {
	is true status a 'd["ready"] and d["healthy"]'
}

esp_sas() {
	on "$1" ip xfrm state | grep -c 'aead ' || true
}

# gone CHARON: nothing of the protection is left here
gone() {
	must_not test -d "/proc/$1"
	expect 'policies after a removal' "$(policies a)" = ''
	expect 'SAs after a removal' "$(esp_sas a)" = 0
	expect 'units after a removal' "$(units)" = ''
	expect 'sysctls after a removal' "$(cat /proc/sys/net/core/xfrm_{acq_expires,larval_drop})" = $'30\n1'
	must_not test -e /run/xfrmd
}

conffiles=(/etc/logrotate.d/xfrmd /etc/monit/conf-available/xfrmd /etc/needrestart/conf.d/xfrmd.conf)
set_up=$(sed -n '/^## Set up/,/^## What/s/^    //p' "$root/README.md")
before=$(ours)
strongswan=$(systemctl is-enabled strongswan || true)

dpkg --install "$package"
expect 'xfrmd when it is installed' "$(systemctl is-active xfrmd || true)" = inactive
expect 'xfrmd at the next boot' "$(systemctl is-enabled xfrmd || true)" = disabled
expect 'units that run' "$(units)" = ''
expect 'strongSwan at the next boot, as before' "$(systemctl is-enabled strongswan || true)" = "$strongswan"
must systemd-analyze condition --unit=strongswan.service
must_not test -e /run/xfrmd
must_not test -e /etc/xfrmd

# but for the first line, which tests/bare_package plays: apt-get takes minutes here
expect 'the first line' "$(head -n 1 <<<"$set_up")" = 'apt-get install ./xfrmd_*.deb'
bash -euxc "$(tail -n +2 <<<"$set_up")" </dev/null
must ready
version=$(dpkg-query --show --showformat '${Version}' xfrmd)
expect_text 'version' "$(xfrmd --version)" "${version%~*}"
# its own daemon would take the ports
must_not systemd-analyze condition --unit=strongswan.service

host_pki b pki
xfrmd_conf b 'no_ipsec_subnets = 10.0.1.10/32, 10.0.1.4/32'
xfrmd_start b
wait_for 20 pings a b
charon=$(charon_pid a)

manager=$(main_pid xfrmd)
repacked "$version+1"
watch_start a b 500
dpkg --install "xfrmd_$version+1.deb"
wait_for 20 ready
watch_end_well
expect 'xfrmd after an upgrade, another process' "$(main_pid xfrmd)" != "$manager"
expect 'charon after an upgrade' "$(charon_pid a)" = "$charon"

dpkg --remove xfrmd
gone "$charon"
expect 'SAs of the peer' "$(esp_sas b)" = 0
left "${conffiles[@]}" /etc/systemd/system/multi-user.target.wants/xfrmd.service /etc/xfrmd{,/xfrmd.conf} \
	/var/lib/xfrmd

# as monit starts it, with a charon of its own
dpkg --install "$package"
expect 'xfrmd when it is installed again' "$(systemctl is-active xfrmd || true)" = inactive
sed -i 's/^set daemon .*/set daemon 1/' /etc/monit/monitrc
/usr/bin/monit
by_monit=$(sed -n 's/^Where monit supervises: `\([^`]*\)`.*/\1/p' "$root/README.md")
bash -euxc "$by_monit" </dev/null
wait_for 40 pings a b
charon=$(charon_pid a) manager=$(cat /run/xfrmd/xfrmd.pid)
watch_start a b 500
dpkg --install "$package"
wait_for 20 ready
watch_end_well
expect 'xfrmd after an upgrade, another process' "$(cat /run/xfrmd/xfrmd.pid)" != "$manager"
expect 'its unit' "$(systemctl is-active xfrmd || true)" = inactive
expect 'charon after an upgrade' "$(charon_pid a)" = "$charon"

# nobody starts it again, neither before it is removed nor after it
monit_pid=$(cat /run/monit.pid)
kill -STOP "$monit_pid"
kill -KILL "$(cat /run/xfrmd/xfrmd.pid)"
dpkg --remove xfrmd
kill -CONT "$monit_pid"
sleep 3 # cycles of monit
gone "$charon"
/usr/bin/monit quit

# both were killed, nobody has ended the SAs
dpkg --install "$package"
xfrmd
wait_for 20 pings a b
charon=$(charon_pid a)
kill -KILL "$(cat /run/xfrmd/xfrmd.pid)"
kill -KILL "$charon"
expect 'SAs that nobody has' "$(esp_sas a)" -ge 2
dpkg --remove xfrmd
gone "$charon"
dpkg --purge xfrmd
left /etc/xfrmd
expect 'keys after a purge' "$(ls /etc/xfrmd)" = $'ca.pem\ninstance.key\ninstance.pem'
