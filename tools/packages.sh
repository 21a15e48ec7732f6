#!/bin/sh
# Sees to the Debian packages that pip cannot bring. Without arguments: those that Genba likes.
#   chromium         the tests' browser
#   libyuv0          scales pictures at a third of the cost
#   fonts-noto-cjk   Japanese in the picture
# With the word "tests": the real parts that tests meet, beside those.
#   coturn, nginx    a relay, and one port 443 for pages and relay
#   gstreamer        a foreign camera
#   iproute2, iptables   networks that lose packets
#   postgresql       the database of larger places
# With the word "bench": other programs that are measured beside Genba.
#   gstreamer, xvfb  a compositor, and a screen for a browser that is recorded
# As root they are installed; otherwise they are named, with the command. Never fails for a
# package that is missing: the server runs without, and `genba doctor` says what it misses; a test
# that misses one says so and does not run.
set -eu

say() { printf '%s\n' "setup: $*" >&2; }

[ $# -gt 0 ] || set -- chromium libyuv0 fonts-noto-cjk
if [ "$1" = tests ]; then
  set -- coturn nginx libnginx-mod-stream iproute2 iptables postgresql \
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
    gstreamer1.0-plugins-ugly gstreamer1.0-nice \
    python3-gi python3-gst-1.0 gir1.2-gst-plugins-bad-1.0
elif [ "$1" = bench ]; then
  set -- chromium libyuv0 gstreamer1.0-tools gstreamer1.0-libav \
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly xvfb
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
  if [ ! -e .venv/.ready ]; then
    say "this is not Debian; please see to your system's packages of: $*"
  fi
  exit 0
fi

missing=
for package in "$@"; do
  case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true) in
    ii*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  say "these Debian packages are missing:$missing"
  say "install them with:  sudo apt-get install -y --no-install-recommends$missing"
  exit 0
fi

say "installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # a list of package names
install() { apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>"$log"; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The lists of packages may be absent or old: fetched only when they are seen to be.
if ! install; then
  if ! { apt-get update -qq >/dev/null 2>"$log" && install; }; then
    cat "$log" >&2
    say "could not install:$missing"
    say "once the network is there:  apt-get update && apt-get install -y$missing"
  fi
fi
