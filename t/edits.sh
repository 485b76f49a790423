# For shell tests (bash): a configuration of several files that is edited again and
# again, every third time into a broken one, while its other targets are measured. For
# t/edits.sh.t, and at length for t/bench/edits.sh.
#
#	edits_config STEP PINGS TARGETS  # DIR/config and what it includes
#	probed_start; wait_until 20 ready
#	edits COUNT                      # MISSED: those that were not noticed as they are
#	edits_compare STEP PINGS TARGETS # DIR/compared, of the targets never edited

# The files, one of them included through a link, and their targets.
LIST=$DIR/edited/list LINKED=$DIR/elsewhere/linked
SAME=$DIR/same

# group NAME HOST: a group of one target; the third line is to be spoilt
group() {
	printf '+ %s\nmenu = %s\ntitle = %s\n++ one\nhost = %s\n' "$1" "$1" "$1" "$2"
}

edits_config() {
	mkdir -p "$DIR/edited" "$DIR/elsewhere"
	group List 10.0.9.1 >"$LIST"
	group Linked 10.0.9.2 >"$LINKED"
	ln -s ../elsewhere/linked "$DIR/edited/link"
	{
		group Main 10.0.9.3
		# A warning that every load finds again.
		printf '++ nobody\nhost =\n'
		printf '+ Same\nmenu = Same\ntitle = Same\n'
		seq 0 $(($3 - 1)) | sed 's/.*/++ h&\nhost = 10.0.1.&/'
		echo "@include edited/list"
		echo "@include edited/link"
	} | config "$1" "$2"
}

# How often the log says that another one is in force.
taken() {
	grep -c ' configuration [0-9]*: ' "$DIR/probed.log"
}

taken_more() {
	[ "$(taken)" -gt "$1" ]
}

# The log and the status name this complaint with its file and line.
complained() {
	grep -qF "$1: " "$DIR/probed.log" &&
		api status | jq -e --arg place "$1" --arg word "$2" \
			'.config.refused and any(.config.errors[];
			.place == $place and (.text | contains($word)))'
}

# edit NUMBER: one file, written in one of the ways that editors have
edit() {
	local file line word old before
	case $(($1 / 3 % 3)) in
	0) file=$LIST ;;
	1) file=$LINKED ;;
	2) file=$DIR/config ;;
	esac
	# Mend first what the last one broke: it is the same edit for whoever saves.
	for old in "$LIST" "$LINKED" "$DIR/config"; do
		grep -q '^broken' "$old" && sed -i '/^broken/d' "$old"
	done
	before=$(taken)
	if [ $(($1 % 3)) = 2 ]; then
		word=broken$1
		line=$(($(grep -n '^title = \(List\|Linked\|Main\)$' "$file" |
			cut -d: -f1) + 1))
		sed "${line}i$word = 1" "$file" >"$DIR/next"
	else
		sed "s/^host = 10\.0\.9\..*/host = 10.0.9.$((10 + $1 % 200))/" \
			"$file" >"$DIR/next"
	fi
	if [ $(($1 % 2)) = 0 ]; then
		cat "$DIR/next" >"$file" # as it is
	else
		mv "$DIR/next" "$file" # another one of that name
	fi
	if [ -n "$word" ]; then
		[ "$file" != "$LINKED" ] || file=$DIR/edited/link
		wait_until 10 complained "$file:$line" "$word"
	else
		wait_until 10 taken_more "$before"
	fi || {
		echo "# edit $1 of $file was not noticed"
		MISSED=$((MISSED + 1))
	}
}

# edits COUNT [EVERY COMMAND]: COMMAND after each EVERY of them
edits() {
	MISSED=0
	for ((edit = 0; edit < $1; edit++)); do
		edit "$edit"
		[ -z "${2:-}" ] || [ $(((edit + 1) % $2)) != 0 ] || "$3" $((edit + 1))
	done
}

edits_compare() {
	truth
	for ((i = 0; i < $3; i++)); do
		echo "Same.h$i $((256 + i))"
	done | perl "$SOURCE/t/compare.pl" "$DIR/data" "$DIR/truth" "$1" "$2" >"$DIR/compared"
}

compared() {
	sed -n "s/^$1 //p" "$DIR/compared"
}
