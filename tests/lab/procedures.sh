# SPDX-License-Identifier: MIT
# Release: it has lost packets where the machine was slow, see its first part
# A fleet grows by the PROCEDURES of xfrmd(8), as it has them typed, while its hosts talk: a and b get
# xfrmd, n joins them from another subnet, and the package is upgraded.
# Alone: it counts what is lost when two hosts that talk in clear go over to ESP.
fleet 10.0.0.0/20 -- a=1.1 b=1.2 n=2.1
machines a b n
fleet_at_home 10.0.1.0/24 'optional = true'

watch_start a b 100
typed 'a b' 'Install on a running fleet'
require_all a b
watch_end
expect_no_loss
expect 'packets in clear before' "$clear" -gt 0
typed 'a b' 'Install on a running fleet' 4

capture b
stream_start a n 100
knock a b
typed 'a b' 'Add a subnet'
cp /run/lab/a.files/new/etc/xfrmd/xfrmd.conf brought/
typed n 'Install on a running fleet'
require_all a b n
knock_end a.b.any
expect_no_loss 'a and b'
stream_end
expect_no_loss 'a and n'
capture_stop b
expect_no_clear b 'host 10.0.1.1'

charon=$(charon_pid a) manager=$(cat /run/lab/a/xfrmd.pid)
watch_start a n 100
typed 'a n' 'Upgrade'
watch_end_well
expect 'charon after the upgrade' "$(charon_pid a)" = "$charon"
expect 'xfrmd after the upgrade, another process' "$(cat /run/lab/a/xfrmd.pid)" != "$manager"
