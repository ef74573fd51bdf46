#!/usr/bin/env bash
# kubectl for find-broker.test.ts: a cluster that is the files in STUB. Objects are read from there, a port is forwarded
# to the port in $STUB/target, and what is to be executed in a pod is executed here.
set -euo pipefail
printf '%s\n' "$*" >>"$STUB/calls"
while [ $# -gt 0 ]; do
  case $1 in
    --namespace | --request-timeout) shift 2 ;;
    get)
      if [ -f "$STUB/$2-$3.json" ]; then exec cat "$STUB/$2-$3.json"; fi
      printf 'Error from server (NotFound): %s "%s" not found\n' "$2" "$3" >&2
      exit 1
      ;;
    port-forward)
      printf '%s' $$ >"$STUB/forwarder"
      exec node -e '
        const net = require("net");
        const server = net.createServer((client) => {
          const target = net.connect(Number(process.argv[1]), "127.0.0.1");
          for (const socket of [client, target]) socket.on("error", () => {});
          client.pipe(target).pipe(client);
        });
        server.listen(0, "127.0.0.1", () =>
          console.log("Forwarding from 127.0.0.1:" + server.address().port + " -> 8443"));
      ' "$(cat "$STUB/target")"
      ;;
    exec)
      while [ "$1" != -- ]; do shift; done
      shift
      exec "$@"
      ;;
    config) exec echo stub ;;
    *) exit 64 ;;
  esac
done
