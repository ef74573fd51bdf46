#!/bin/sh
# Runs the commands of its input, one a line, in the Redis of this container, as its administrator; prints nothing. Ends
# with 75 while the server is not up yet, and with 1 at the first command that it refuses.
set -eu

not_yet() {
  echo 'Redis is not up yet' >&2
  exit 75
}

# Where none is given, start-redis makes one before it starts the server.
password=${PASSWORD:-$(cat /var/lib/redis/admin.password 2>/dev/null)} || not_yet

# Passwords go through the environment and the input, since others can read a command line.
redis() {
  REDISCLI_AUTH=$password redis-cli --user admin -h 127.0.0.1 2>&1
}

answer=$(echo PING | redis) || true
case $answer in
  PONG) ;;
  *LOADING* | *'Could not connect'*) not_yet ;;
  *)
    printf 'Redis does not take the password of its administrator, or is not well: %s\n' "$answer" >&2
    exit 1
    ;;
esac

while IFS= read -r command; do
  answer=$(printf '%s\n' "$command" | redis) || true
  case $answer in
    OK | PONG | [0-9]*) ;;
    *)
      # Not the whole command: there may be a password in it.
      printf '%s: %s\n' "$(printf '%s' "$command" | cut -d ' ' -f 1-2)" "$answer" >&2
      exit 1
      ;;
  esac
done
