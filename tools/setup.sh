#!/bin/sh
# Makes .venv from uv.lock, from nothing: finds Python, brings uv, installs what is locked.
# `make setup` runs this only when pyproject.toml or uv.lock is newer than the last time.
set -eu
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME

say() { printf '%s\n' "setup: $*" >&2; }

# --- Python 3.11 or newer; a name on PATH may be a shim that starts nothing
python=
for name in python3 python3.13 python3.12 python3.11; do
  if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    python=$("$name" -c 'import sys; print(sys.executable)')
    break
  fi
done
if [ -z "$python" ]; then
  say "Genba needs Python 3.11 or newer; none of python3, python3.13, python3.12, python3.11 is."
  say "Debian 12 and later bring one:  apt-get install python3 python3-venv"
  exit 1
fi

# --- uv: the one on PATH, else one of our own that nothing else sees
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  home=.tools/uv
  uv=$home/bin/uv
  if ! "$uv" --version >/dev/null 2>&1; then
    if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
      sh tools/packages.sh python3-venv
      if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
        say "$python cannot make virtual environments; install python3-venv, or uv itself."
        exit 1
      fi
    fi
    say "no uv on PATH; bringing one into $home"
    rm -rf "$home"
    "$python" -m venv "$home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check 'uv>=0.8,<1'
  fi
fi

# A network that inspects TLS has put its own authority into the system's list: trust that list
# where there is one (the second name is that of uv before 0.9).
if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
  export UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true
fi
say "installing what uv.lock says into .venv ($("$python" --version))"
UV_PROJECT_ENVIRONMENT=.venv "$uv" sync --quiet --frozen --no-python-downloads --python "$python"
touch .venv/.ready
