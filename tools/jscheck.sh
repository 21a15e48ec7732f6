#!/bin/sh
# Parses every script of ours as an ES module, where Node is there to do it.
set -eu
cd "$(dirname "$0")/.."
if ! command -v node >/dev/null 2>&1; then
  echo "jscheck: no node on PATH; the browser tests load every script anyway"
  exit 0
fi
count=0
for file in $(find web plugins core -name '*.js' ! -path '*/vendor/*' | sort); do
  # --check reads a .js file as CommonJS unless it comes by stdin with its type
  if ! node --input-type=module --check <"$file"; then
    echo "jscheck: $file" >&2
    exit 1
  fi
  count=$((count + 1))
done
echo "jscheck: $count scripts parse"
