#!/bin/sh
# Turns authentication on in the etcd at ETCDCTL_ENDPOINTS, for the user root with the password ETCDCTL_PASSWORD. Waits
# for etcd as long as it is let. Run it as often as you like, also after an interruption: what is done stays.
set -eu
export ETCDCTL_API=3

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

case ${ETCDCTL_PASSWORD:-} in
  '') fail 'ETCDCTL_PASSWORD is empty: give the password that root is to have' ;;
  *[[:space:]]*) fail 'the password of root has white space in it, which etcdctl would cut off: choose another' ;;
esac

# authentication: on or off; fails where etcd cannot be asked. It is on where somebody without a name is refused.
authentication() {
  if said=$(etcdctl user list 2>&1); then
    echo off
  else
    case $said in
      *'user name is empty'*) echo on ;;
      *) return 1 ;;
    esac
  fi
}

# with_password WORD...: etcdctl that reads the password from its input, since others can read a command line.
with_password() {
  printf '%s\n' "$ETCDCTL_PASSWORD" | etcdctl "$@" --interactive=false
}

echo "Waiting for etcd at ${ETCDCTL_ENDPOINTS:-127.0.0.1:2379}"
until state=$(authentication); do sleep 1; done

if [ "$state" = off ]; then
  # One who is there already was left by a run that was interrupted, and may have another password.
  if etcdctl user get root >/dev/null 2>&1; then with_password user passwd root; else with_password user add root; fi
  etcdctl user grant-role root root
  etcdctl auth enable
fi
ETCDCTL_USER=root etcdctl user get root >/dev/null ||
  fail 'authentication is on, and root does not log in with this password: give the one that etcd was set up with'
echo 'Authentication is on'
