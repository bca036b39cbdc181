# SPDX-License-Identifier: MIT
# SIGKILL of xfrmd at 200 random moments of start, reload and acquires, on two hosts at once. What is
# left behind protects what both configurations in question protect, and the next start puts all of
# it right. Environment: SEED.
fleet 10.0.0.0/16 -- a=1.1 b=1.2
seed=${SEED:-$RANDOM}
echo "seed $seed"
killers=()

# Two quite different configurations, protect.N and allow.N: what both protect they name by other
# prefixes, within a network that both allow.
for i in {0..299}; do
	echo "172.16.$((i % 256)).$((i / 256 * 128))/25"
done >protect.0
for i in {0..149}; do
	printf "172.16.$i.%d/26\n" 0 64
done >protect.1
printf '172.16.%d.7\n' {0..99} >allow.0
printf '172.16.%d.0/24\n' {150..199} >allow.1
for i in 0 1; do
	echo 10.0.0.0/16 >>protect.$i
	echo 172.16.0.0/16 >>allow.$i
done
for name in a b; do
	for i in 0 1; do
		xfrmd_conf $name "ipsec_subnets_file = $PWD/protect.$i" \
			"no_ipsec_subnets_file = $PWD/allow.$i" '[kernel]' 'xfrm_larval_drop = false'
		mv "$FOLDER/$name.conf" $name.$i
	done
	background $name /usr/bin/python3 "$LAB/killer.py" "$BUILD/src/xfrmd/xfrmd" "/run/lab/$name" \
		"$seed$name" 100 >$name.out 2>"$FOLDER/$name.log"
	killers+=($!)
done
status=0
for pid in "${killers[@]}"; do
	wait "$pid" || status=1
done
cat a.out b.out
expect 'status' $status = 0
