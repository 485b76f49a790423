# For tests that look at pages (bash): a house where everything is the case.
#
#	network "$HOUSE_RULES"
#	house | config 2 10
#	now=$(date +%s)
#	house_past             # it has been measured for some time
#	probed_start

HOUSE_RULES="* delay=12ms normal=2ms
3 loss=0.3 delay=25ms
4 loss=1
5 error=host
6 delay=180ms normal=20ms"

# Its targets.
house() {
	cat <<-END
	+ Home
	menu = Home & around
	title = Home & <around>
	++ gateway
	menu = Gateway
	title = The gateway
	host = 10.0.0.2
	++ wifi
	menu = Wifi
	title = A bad line
	host = 10.0.0.3
	++ dead
	menu = Printer
	title = Switched off
	host = 10.0.0.4
	++ unreachable
	menu = Office
	title = Behind a dead router
	host = 10.0.0.5
	++ noname
	menu = Typo
	title = A name that does not resolve
	host = no.such.name.sim
	++ another
	menu = Other typo
	title = $(printf 'averyveryverylongword%.0s' 1 2 3 4 5 6 7 8 9)
	host = neither.this.sim
	+ World
	menu = World
	title = Far hosts
	++ far
	menu = Far
	title = The other side
	host = 10.0.0.6
	++ web
	menu = Web
	title = A web server
	probe = Curl
	host = t7.sim
	++ dns
	menu = DNS
	title = A resolver
	probe = DNS
	host = 10.0.0.8
	++ path
	menu = Path
	title = No host
	host = www.example.net/en
	END
}

# history FILE MEDIAN: half an hour before NOW of it, in ms, with an outage and some loss
history() {
	local file=$DIR/data/$1.rrd
	mkdir -p "${file%/*}"
	rrdtool create "$file" --start $((now - 2001)) --step 2 DS:uptime:GAUGE:4:0:U \
		DS:loss:GAUGE:4:0:10 DS:median:GAUGE:4:0:U DS:ping{1..10}:GAUGE:4:0:U \
		RRA:AVERAGE:0.5:1:1000 RRA:AVERAGE:0.5:10:1000
	awk -v now="$now" -v m="$2" 'BEGIN {
		for (i = 900; i > 0; i--) {
			v = m / 1000 * (1 + 0.2 * sin(i / 90))
			lost = i % 350 < 30 ? 10 : i % 150 < 6
			line = ":U:" lost ":" (lost == 10 ? "U" : v)
			for (k = 1; k <= 10; k++)
				line = line ":" (k > 10 - lost ? "U" : v * (0.9 + k * 0.02))
			print now - i * 2 line
		}
	}' | xargs -n 300 rrdtool update "$file"
}

# house_past [WAY]: what is known of two hours before NOW: histories, traffic, ways (WAY, a
# line for pathmake, among them) and a line to the outside that is no more.
house_past() {
	local traffic=$DIR/data/.smokebox/traffic ds=GAUGE:120:0:U
	history Home/gateway 14
	history World/far 180
	(cd "$DIR/data" && "$BUILD/t/minutemake" $(((now - 7200) / 60 * 60)) 110 sampled) || bail "no traffic"
	{
		[ $# = 0 ] || echo "$1"
		cat <<-END
		now 1800 World.far 10.0.0.6 10.0.0.2/1 100.64.0.1/8 * 203.0.113.5/11 =/180
		change 1200 World.far 10.0.0.6 10.0.0.2/1 100.64.0.1/8 * 203.0.113.9/11 =/180
		bad 600 World.far 10.0.0.6 10.0.0.2/1 * *
		END
	} | "$BUILD/t/pathmake" "$DIR/data" || bail "no ways"
	mkdir -p "$traffic/192.0.2.77"
	rrdtool create "$traffic/192.0.2.77/5.rrd" --step 60 --start $((now - 7200)) \
		DS:in_octets:$ds DS:out_octets:$ds DS:in_packets:$ds DS:out_packets:$ds \
		DS:in_discards:$ds DS:out_discards:$ds DS:in_errors:$ds DS:out_errors:$ds \
		RRA:AVERAGE:0.5:1:2880 RRA:AVERAGE:0.5:5:20160 RRA:AVERAGE:0.5:60:9600
	seq $((now - 7100)) 60 "$now" | sed 's/$/:50000:9000:U:U:U:U:U:U/' | xargs rrdtool update "$traffic/192.0.2.77/5.rrd"
	printf '192.0.2.77\t5\t1\t0\t3\t64\t1000000\t1000000\told router\twan\tthe old line\n' >"$traffic/index"
}
