#!/bin/sh
# The hook of an unbind: removes the user BINDING_USERNAME, which ends its connections; what it wrote stays. Does nothing
# where there is no such user.
set -eu

case ${BINDING_USERNAME:-} in
  '' | admin | default | *[!A-Za-z0-9._-]*)
    echo 'BINDING_USERNAME is no user of a binding' >&2
    exit 1
    ;;
esac

administer-redis <<EOF
ACL DELUSER $BINDING_USERNAME
ACL SAVE
EOF
