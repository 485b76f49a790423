#!/bin/bash
# Every seed goes through its fuzz target. The sanitized build is the one that looks.
. "${SOURCE:?}/t/world.sh" || exit 1

targets=$("$BUILD/t/fuzzer" --list) || bail "t/fuzzer does not start"
for target in $targets; do
	count=$("$BUILD/t/fuzzer" "$target" "$SOURCE/t/corpus/$target" 2>"$DIR/err")
	ok $? "$target: no crash"
	ok "$([ "${count:-0}" -ge 1 ]; echo $?)" "$target: has seeds (${count:-0})"
	show "$DIR/err"
done
done_testing
