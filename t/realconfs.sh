# Configurations from the wild, below $configs, made whole in $dir where files are missing:
# calls "tree NAME HOSTS PATH" for each that SmokePing accepts, HOSTS being what its parser
# counts: nodes with a host, then each probe and how many.
# shellcheck disable=SC2154
shopt -s lastpipe

# counts PATH: "nodes PROBE n PROBE n ..." of nodes with a host, as our views have them
counts() {
	local n=0 list="" name number
	awk -F'\t' '$2 != "group" { print $3 }' "$1" | LC_ALL=C sort |
		uniq -c | while read -r number name; do
		n=$((n + number))
		list="$list $name $number"
	done
	echo "$n$list"
}

# with NAME PATH...: a copy of those files in $dir/NAME, to be completed
with() {
	mkdir -p "$dir/$1"
	cp -r "${@:2}" "$dir/$1/"
	chmod -R u+w "$dir/$1"
}

cd "$configs" || exit 1
tree linuxserver "34 DNS 9 FPing 24 FPing6 1" 00-linuxserver-docker-smokeping/config
tree fbn-dd "6 FPing 2 RemoteFPingLobaPPP2 2 RemoteFPingLobaWAN3 2" \
	01-fbn-dd-netplan/smokeping/config
tree mithro \
	"36 AnotherDNS 3 DNS 3 FPing6Large 3 FPing6Small 13 FPingLarge 2 FPingSmall 12" \
	02-mithro-monitoring/smokeping/config.d
with troisdorf 03-*/config.d/*
tree Freifunk-Troisdorf "102 FPing 1 FPing6 101" "$dir/troisdorf"
# Its includes name /etc/smokeping, which may be there: then that is what they mean.
with pallavisaxena215 04-*/smokeping/*
sed -i 's#/etc/smokeping/##' "$dir/pallavisaxena215/config"
sed -i 's#/etc/smokeping/config.d/##' "$dir"/pallavisaxena215/config.d/*
tree pallavisaxena215 "3 EchoPingDNS 1 FPingHigh 1 FPingLow 1" "$dir/pallavisaxena215"
# A file that is not in the repository, and stray keys at the end of its main file.
with schneto 05-*/config/*
rm "$dir/schneto/config"
echo 'datadir = /data' >"$dir/schneto/pathnames"
tree schneto "38 DNS 14 FPing 19 FPing6 1 TCPPing 4" "$dir/schneto"
tree kjeldflarup "8 FPing 8" 06-kjeldflarup-smokeping/config.d
with tomwillfixit 07-*/config/*
tree tomwillfixit "3 FPing 3" "$dir/tomwillfixit/smokeping.conf"
with qrkourier 08-*/config.d/*
tree qrkourier "8 AnotherDNS 1 AnotherSSH 3 EchoPingSmtp 1 FPing 3" "$dir/qrkourier"
tree Harvester57 "85 Curl 4 FPing 77 FPing6 4" 11-Harvester57-Smokeping-Targets
tree eranium "115 FPing 72 FPing6 43" 12-eranium-smokeping-targets/config
tree sjultra "35 DNS 9 FPing 25 FPing6 1" 13-sjultra-smokeping/config
tree kmonticolo "14 FPing 14" 14-kmonticolo-nas.dom/smokeping/config
tree ccns "304 FPing 304" 15-ccns-smokeping-config.d
# A module from elsewhere: SmokePing without it refuses all, here it is a warning.
tree ajoldham "$("$BUILD/t/conftool" targets 09-*/config 2>/dev/null >"$dir/t"; counts "$dir/t")" \
	09-ajoldham-smokeping-speedtest/config
