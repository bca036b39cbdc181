# SPDX-License-Identifier: MIT
# The kernel takes no policy for a while (ENOBUFS, as without memory): what is wanted is tried again
# until it is there, status says so meanwhile, the log has it once.
fleet 10.0.1.0/24 a
full=$PWD/full
cc -shared -fPIC -o unwritten.so -x c - <<-EOF
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <errno.h>
	#include <linux/netlink.h>
	#include <linux/xfrm.h>
	#include <sys/socket.h>
	#include <unistd.h>

	ssize_t sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
	               socklen_t to_len)
	{
		static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *,
		                       socklen_t);
		const struct nlmsghdr *header = bytes;
		int domain = 0;
		socklen_t domain_len = sizeof(domain);

		if (!next)
			*(void **)&next = dlsym(RTLD_NEXT, "sendto");
		getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len);
		if (domain == AF_NETLINK && access("$full", F_OK) == 0 &&
		    (header->nlmsg_type == XFRM_MSG_NEWPOLICY ||
		     header->nlmsg_type == XFRM_MSG_UPDPOLICY)) {
			errno = ENOBUFS;
			return -1;
		}
		return next(fd, bytes, len, flags, to, to_len);
	}
EOF
WRAP="$WRAP env LD_PRELOAD=$PWD/unwritten.so ASAN_OPTIONS=verify_asan_link_order=0" xfrmd_start a

told() {
	status a 'd["problems"]' | grep -q 'not all could be applied, trying again'
}

all_is_there() {
	is 0 status a 'd["policies"]["drift"]' && not told
}

# --- a new address

must_not told
: >full
host_address a add 10.0.1.7/24
wait_for 5 told
sleep 1 # for several attempts
rm full
wait_for 6 has_policy a out 10.0.1.7/32 10.0.1.0/24
wait_for 6 all_is_there
expect 'lines about it' "$(grep -c 'spd: network changed:.*cannot' "$FOLDER/a.log")" = 1
must_not grep -q 'spd: network changed: added' "$FOLDER/a.log"
must grep -q 'spd: all is applied after [0-9]* failures' "$FOLDER/a.log"

# --- a reload

: >full
xfrmd_conf a 'ipsec_subnets = 10.0.1.0/24, 10.3.0.0/16'
must_not ctl a reload
wait_for 5 told
rm full
wait_for 6 has_policy a out 10.0.1.1/32 10.3.0.0/16
wait_for 6 all_is_there

# --- gone again before it was there: nothing is left to try

: >full
host_address a add 10.0.1.8/24
wait_for 5 told
host_address a del 10.0.1.8/24
rm full
wait_for 6 all_is_there
must_not has_policy a out 10.0.1.8/32 10.0.1.0/24
must_not grep -q 'somebody else' "$FOLDER/a.log"
