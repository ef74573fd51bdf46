#!/bin/sh
# The hook of a bind: makes the user BINDING_USERNAME with the password BINDING_PASSWORD, or sets it again, and prints the
# credentials. The user may read and write all data, and run scripts; it may not administer the server.
set -eu

for value in "${BINDING_USERNAME:-}" "${BINDING_PASSWORD:-}"; do
  case $value in
    '' | admin | default | *[!A-Za-z0-9._-]*)
      echo 'BINDING_USERNAME and BINDING_PASSWORD must be letters, digits, dots and dashes, and not admin or default' >&2
      exit 1
      ;;
  esac
done

digest=$(printf '%s' "$BINDING_PASSWORD" | sha256sum)
# Among what counts as dangerous there, these touch nothing but the data; clients ask INFO when they connect.
allowed='+@all -@admin -@dangerous -acl +info +keys +sort +sort_ro +flushdb +flushall'
administer-redis <<EOF
ACL SETUSER $BINDING_USERNAME reset on #${digest%% *} ~* &* $allowed
ACL SAVE
EOF

# shellcheck disable=SC2016 # the broker puts the host and the port there
printf '{"host":"$HOST","port":"$PORT_6379","username":"%s","password":"%s","uri":"redis://%s:%s@$HOST:$PORT_6379"}\n' \
  "$BINDING_USERNAME" "$BINDING_PASSWORD" "$BINDING_USERNAME" "$BINDING_PASSWORD"
