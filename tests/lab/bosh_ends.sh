# SPDX-License-Identifier: MIT
# The ends of the job of tools/bosh, as BOSH's agent brings them about: before a VM goes, the other job is
# stopped first and has its peers until then; after a reboot, when nobody but monit calls, the lockdown
# comes first; taken out, nothing of it is left.
fleet 10.0.1.0/24 a b
vm_start
xfrmd_start b
agent_apply 1
must on a $vm_job/bin/pre-start
vm_monit_start
wait_for 60 monit_shows OK ipsec web
wait_for 60 pings a b

# a VM that is about to go
capture a
before=$(planned_policies a)
charon=$(charon_pid a) pid=$(monitored_pid)
agent_stop job_shutdown
ended "$charon" "$pid"
expect 'policies after the stop' "$(planned_policies a)" = "$before"
expect 'SAs of b' "$(on b ip xfrm state | grep -c 'aead ' || true)" = 0
must_not pings a b 2>/dev/null
capture_stop a
expect_no_clear a

# reboot: nothing but the disks is left; the network comes last
reboot() {
	ip -n a link set eth0 down
	on a ip xfrm policy flush
	rm -rf /var/vcap/sys/run/* /run/lab/monit.state
}

# a start that fails has blocked before
monit_end
reboot
mv $vm_job/config/instance.pem /run/lab/
must_not on a $vm_job/bin/pre-start 2>/run/lab/told
expect_text 'pre-start' "$(cat /run/lab/told)" '[ipsec] instance_certificate: '
must has_policy a out 0.0.0.0/0 10.0.0.0/20
mv /run/lab/instance.pem $vm_job/config/

reboot
capture a
vm_monit_start
wait_for 60 has_policy a out 0.0.0.0/0 10.0.0.0/20
ip -n a link set eth0 up
wait_for 60 monit_shows OK ipsec web
wait_for 60 pings a b
capture_stop a
expect_no_clear a

# it is taken out
agent_stop job_changed
agent_apply 3 's/(optional): false/\1: true\n      stop_action: clear/'
agent_start
wait_for 60 pings a b
charon=$(charon_pid a) pid=$(monitored_pid)
agent_stop job_changed
ended "$charon" "$pid"
expect 'policies at the end' "$(policies a)" = ''
monit_end
