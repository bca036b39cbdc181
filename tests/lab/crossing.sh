# SPDX-License-Identifier: MIT
# Both ends send their first packet at the same moment, so both initiate: two IKE_SAs with an SA pair
# each. Seconds later one is left, the same at both ends; once more while both ends rekey everything.
# Every packet is under way for 50 ms: an end that terminated the IKE_SA that it sends with, or two
# ends that terminated one each, would lose what is sent meanwhile; so would an end that responds, if it
# sent what waited as soon as it has an SA, which the other end has only after its answer.
# Alone: both ends have to begin within 150 ms.
fleet 10.0.1.0/24 a b
xfrmd_start a b
for name in a b; do
	on $name tc qdisc add dev eth0 root netem delay 50ms limit 10000
done
wait_for 20 pings a b
capture a
for round in still rekeyed; do
	part a b
	wait_for 5 has_sas a 0
	wait_for 5 has_sas b 0
	stream_start a b 40 40 go.$round
	drops_start
	touch go.$round
	wait_for 5 has_sas a 4
	wait_for 5 has_sas b 4
	tcp_start a b
	if [ $round = rekeyed ]; then
		ike_spis b >crossed
		charon_rekey a b anyhow &
		charon_rekey b a anyhow
		wait $!
		# charon 6 lists a rekeyed one until its end is acknowledged
		wait_for 5 ike_sas_gone crossed b
	fi
	wait_for 15 has_sas a 2
	wait_for 15 has_sas b 2
	survivor=$(ike_spis a)
	expect 'IKE_SAs' "$(wc -l <<<"$survivor")" = 1
	expect 'IKE_SA of b' "$(ike_spis b)" = "$survivor"
	stream_end
	tcp_end
	drops_end
done
capture_stop a
expect_no_clear a
