# SPDX-License-Identifier: MIT
# xfrmctl shutdown waits for the jobs of stop_wait_for, and for no others: all goes on meanwhile, status
# and log tell; --now and stop_timeout end the wait. Afterwards the kernel holds no packets.
fleet 10.0.1.0/24 -- a
mkdir /run/lab/jobs

conf_a() { # STOP_TIMEOUT
	xfrmd_conf a 'stop_wait_for = /run/lab/jobs/*.pid, /run/lab/a/*.pid, /run/lab/no*where/*' \
		"stop_timeout = $1"
}

larval_drop() {
	on a cat /proc/sys/net/core/xfrm_larval_drop
}

# job NAME: a process with its pid file; sets job
job() {
	sleep 60 &
	job=$!
	echo $job >"/run/lab/jobs/$1.pid"
}

waits_for() {
	is "$(printf '["/run/lab/jobs/%s.pid (pid %d)"]' "$1" "$2")" \
		status a '(d["stopping"] or {}).get("jobs")'
}

connections() { # of those who wait for an answer
	on a ss -Hxn | grep -c '/run/lab/a/control\.sock'
}

conf_a 50
xfrmd_start a
expect 'held packets' "$(larval_drop)" = 0
# another process has this pid now, and none has that one
job reused
other=$job
touch -d '1 hour ago' /run/lab/jobs/reused.pid
sh -c 'echo $$' >/run/lab/jobs/ended.pid
echo rubbish >/run/lab/jobs/rubbish.pid
mkdir /run/lab/jobs/folder.pid
ln -s nowhere /run/lab/jobs/link.pid
job web
ctl a shutdown >first &
first=$!
wait_for 5 waits_for web "$job"
# a stop that hangs: the first lines say what it waits for
names 'shutdown      waits up to ' a status
names "/run/lab/jobs/web.pid (pid $job)" a status
must has_policy a out 10.0.1.1/32 10.0.1.0/24
expect 'charon during the wait' "$(status a 'd["charon"]["running"]')" = true
expect 'held packets during the wait' "$(larval_drop)" = 0
must_not ctl a reload
# a second one waits too
ctl a shutdown >second &
second=$!
wait_for 5 is 2 connections
kill "$job"
start=$SECONDS
wait $first
wait $second
expect 'seconds after the end of the job' $((SECONDS - start)) -le 3
xfrmd_ended a
expect_text 'answer' "$(cat first)" 'jobs: none runs, waited'
expect_text 'answer' "$(cat second)" 'policies: stay in the kernel'
expect_text 'log' "$(cat "$FOLDER/a.log")" "jobs that still run: /run/lab/jobs/web.pid (pid $job)"
must has_policy a out 10.0.1.1/32 10.0.1.0/24
names ', and no SA: what is to be protected is not sent, nothing goes in clear' a status
expect 'held packets after the end' "$(larval_drop)" = 1
must kill -0 $other

# --now, after the first is killed
xfrmd_start a
job web
ctl a shutdown &
first=$!
wait_for 5 waits_for web "$job"
kill -KILL $first
wait $first || true
must waits_for web "$job"
start=$(now_ms)
expect_text 'answer' "$(ctl a shutdown --now)" 'not waited for any longer (--now)'
now_took=$(($(now_ms) - start))
xfrmd_ended a
must kill -0 "$job"

conf_a 1
xfrmd_start a
start=$(now_ms)
expect_text 'answer' "$(ctl a shutdown)" 'jobs: not waited for any longer (stop_timeout)'
took=$(($(now_ms) - start))
echo "stop_timeout of 1000 ms: $took ms; --now: $now_took ms"
expect 'milliseconds' $took -ge 1000
# it looks once a second
expect 'milliseconds' $took -le $((2000 + 3 * now_took))
xfrmd_ended a
kill "$job" $other
