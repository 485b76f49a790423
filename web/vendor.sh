#!/bin/sh
# vendor.sh FROM TO: what the lock file in FROM names, fetched and checked by npm, and what
# browsers need of it to TO. Runs while building; NPM is npm.
set -eu
from=$1 to=$2 work=${2%/*}/npm
mkdir -p "$to" "$work"
cp "$from/package.json" "$from/package-lock.json" "$work"
chmod u+w "$work/package.json" "$work/package-lock.json"
if ! (cd "$work" && "${NPM:-npm}" ci --ignore-scripts --omit=dev --no-audit --no-fund \
	--prefer-offline >npm.log 2>&1); then
	tail -n 5 "$work/npm.log" >&2
	echo "vendor.sh: npm could not fetch uPlot, which browsers draw graphs with." >&2
	echo "vendor.sh: ./configure --disable-interactive builds without, as does a release" \
		"tarball, which brings it along." >&2
	exit 1
fi
uplot=$work/node_modules/uplot
cp "$uplot/dist/uPlot.iife.min.js" "$to/uPlot.iife.min.js.tmp"
mv "$to/uPlot.iife.min.js.tmp" "$to/uPlot.iife.min.js"
cp "$uplot/dist/uPlot.min.css" "$to/uPlot.min.css"
cp "$uplot/LICENSE" "$to/uPlot-license.txt"
rm -rf "$work"
