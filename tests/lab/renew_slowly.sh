# SPDX-License-Identifier: MIT
# A fleet whose certificates have expired, that of the CA too, gets new ones from a new CA under
# traffic, host by host, with `optional = true`. Between the first host and the next passes more time
# (by the clock of its xfrmd, which is put forward) than a peer has to authenticate anew before it
# loses its SAs: while optional it keeps them.
# The kernel holds 100 packets of a peer between two pins, and User-Mode Linux lets xfrmd wait 200 ms
# at times; so 250 packets a second.
fleet --pki "$PKI" 10.0.1.0/24 a b c

# later_clock: makes later.so, with which time is 30 s later as soon as there is a file `later`;
# RENEW_DEADLINE_MS is 20 s. charon does not inherit it.
later_clock() {
	gcc -D_GNU_SOURCE -O1 -fPIC -shared -o later.so -x c - <<-EOF
		#include <sys/syscall.h>
		#include <time.h>
		#include <unistd.h>

		int clock_gettime(clockid_t clock, struct timespec *now)
		{
			long error = syscall(SYS_clock_gettime, clock, now);

			if (clock != CLOCK_REALTIME && access("/run/lab/later", F_OK) == 0)
				now->tv_sec += 30;
			return (int)error;
		}
	EOF
}

# How many attempts of a have failed at b.
refusals() {
	grep -c 'a negotiation that it began failed: ' "$FOLDER/b.log" || true
}

# refused COUNT: any request makes xfrmd look at its clock
refused() {
	ctl a status >/dev/null || true
	[ "$(refusals)" -gt "$1" ]
}

# renew HOST
renew() {
	host_pki "$1" new
	xfrmd_conf "$1" 'optional = true'
	expect_text 'reload' "$(ctl "$1" reload)" 'mode: optional'
}

cp -r "$PKI" old
mkdir new
must xfrmpki init --dir new --cn 'new CA' --key ec256 >/dev/null
must xfrmpki issue --dir new --cn instance --key ec256 >/dev/null
later_clock
pki_signed old ca '/CN=old CA' -3600 30 -selfsign -extensions authority
pki_dated old -3600 30
for name in a b c; do
	host_pki $name old
done
WRAP="$WRAP env LD_PRELOAD=/run/lab/later.so" xfrmd_start a
xfrmd_start b c
wait_for 20 pings a b
wait_for 20 pings b c
wait_for 20 pings c a
must_not pki_expired old/instance.pem
renewal_start
wait_for 30 pki_expired old/ca.pem
ike_spis a b c >old_ike_sas
expect 'IKE_SAs' "$(wc -l <old_ike_sas)" -ge 3

renew a
wait_for 10 refused 0
touch later
wait_for 10 refused 1
expect 'IKE_SAs of the first host' "$(ike_spis a | grep -cFxf old_ike_sas || true)" -ge 2
renew b
renew c
wait_for 20 ike_sas_gone old_ike_sas a b c
for name in a b c; do
	xfrmd_conf $name 'optional = false'
	expect_text 'reload' "$(ctl $name reload)" 'mode: required'
done
wait_for 10 pings c a
renewal_end
