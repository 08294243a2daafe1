#!/bin/sh
# Ask pip-audit which of the tested versions have known vulnerabilities: scripts/audit_dependencies.sh [more options of pip-audit]
#
# Needs `pip install pip-audit` and a way to https://pypi.org or, with `-s osv`, to https://api.osv.dev: a mirror of the
# package index alone does not have the data. Exit code 0: none known. 1: some are; raise the version in constraints.txt, run
# `make test`, and say so in CHANGELOG.md. 2: the data could not be had, which says nothing about the dependencies.
set -eu
cd "$(dirname "$0")/.."

command -v pip-audit > /dev/null || { echo "pip-audit is not installed. Type: pip install pip-audit" >&2; exit 2; }

told=$(mktemp)
trap 'rm -f "$told"' EXIT
status=0
pip-audit --requirement constraints.txt --no-deps --disable-pip --progress-spinner off "$@" > "$told" 2>&1 || status=$?
cat "$told"

audited=$(grep -c '==' constraints.txt)
skipped=$(grep -c 'could not be audited' "$told" || true)
if grep -qE 'ConnectionError|ConnectTimeout|NameResolutionError' "$told" || [ "$skipped" -ge "$audited" ]; then
    echo "The vulnerability data could not be had from here: nothing was audited." >&2
    exit 2
fi
exit "$status"
