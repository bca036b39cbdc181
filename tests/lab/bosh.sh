# SPDX-License-Identifier: MIT
# The job of tools/bosh under a real monit, as BOSH's agent handles it: deployment, `monit restart`,
# SIGKILL of xfrmd, and an update of job and package, after which the new charon runs, lose nothing.
fleet 10.0.1.0/24 a b
vm_start
must "$LAB/../bosh/check_release" /run/lab/release

agent_apply 1
must on a $vm_job/bin/pre-start
must on a $vm_job/bin/pre-start # does no harm
vm_monit_start
wait_for 60 monit_shows OK ipsec web
expect 'modes' "$(stat -L -c %a $vm_job/config/instance.key /var/vcap/sys/run/ipsec | paste -sd ' ')" = '600 755'
must on a $vm_job/bin/xfrmctl check $vm_job/config/xfrmd.conf
vm_charon_is 1
must grep -q '/ipsec/libcharon' "/proc/$(charon_pid a)/maps"
xfrmd_start b
wait_for 60 pings a b

watch_start a b 100
pid=$(monitored_pid)
monit restart ipsec
wait_for 60 restarted "$pid"
pid=$(monitored_pid)
kill -KILL "$pid"
wait_for 60 restarted "$pid"
wait_for 60 monit_shows OK ipsec web

charon=$(charon_pid a)
agent_stop job_changed
must kill -0 "$charon"
agent_apply 2 's/log_level: .*/log_level: 1/'
agent_start
ended "$charon"
vm_charon_is 2
watch_end_well
monit_end
