# For t/page.sh.t and t/browse.sh.t (bash): a house where everything is the case.
#
#	network "$HOUSE_RULES"
#	probed 2 10 < <(house)

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
