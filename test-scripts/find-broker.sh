# shellcheck shell=bash
# Sourced by shared.sh, which says by which rule a broker is found. Sets BROKER_URL, BROKER_USERNAME, BROKER_PASSWORD and
# BROKER_CA_FILE, and INSTALLED to `yes` for a broker that was found in the cluster.
# shellcheck disable=SC2016  # dollars and backquotes are of JavaScript
LOCAL_URL=http://127.0.0.1:${BROKER_PORT:-8080}
BROKER_NAME=brokersdk # of its Service, its Deployment and its Secrets, and of its namespace by default
BROKER_CA_FILE=${BROKER_CA_FILE:-}
INSTALLED=''

find_broker() {
  case ${VIA:-} in
    '' | local | cluster) ;;
    *) fail "VIA=$VIA is none of local, cluster and service-catalog" ;;
  esac
  if [ -n "${BROKER_URL:-}" ]; then
    BROKER_URL=${BROKER_URL%/}
  elif [ "${VIA:-}" = local ]; then
    use_local
  elif [ "${VIA:-}" = cluster ] || [ -n "${NAMESPACE:-}" ]; then
    find_service || fail "no broker is installed in namespace $NAMESPACE: $(kubectl_said)" \
      '(install/kubernetes/install.sh installs one; NAMESPACE names the namespace)'
    use_service
  elif answers "$LOCAL_URL"; then
    use_local
  elif find_service; then
    use_service
  else
    fail "there is no broker: none answers at $LOCAL_URL, and none is installed in namespace $NAMESPACE of the" \
      "cluster: $(kubectl_said) (\`make run\` starts one; install/kubernetes/install.sh installs one; BROKER_URL" \
      'names one that is elsewhere)'
  fi
  BROKER_USERNAME=${BROKER_USERNAME:-broker}
  BROKER_PASSWORD=${BROKER_PASSWORD:-broker}
}

use_local() {
  BROKER_URL=$LOCAL_URL
  printf 'The broker is that of make run, at %s\n' "$BROKER_URL" >&2
}

# answers URL: whether a broker is there. It asks for credentials, as a broker does and hardly anything else at this path.
answers() {
  [ "$(curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$1/v2/catalog")" = 401 ]
}

in_namespace() {
  kubectl --namespace "$NAMESPACE" "$@"
}

# find_service: sets SERVICE to the broker's Service, as JSON; kubectl_said tells why there is none.
find_service() {
  NAMESPACE=${NAMESPACE:-$BROKER_NAME}
  SERVICE=$(in_namespace --request-timeout 10s get service "$BROKER_NAME" --output json 2>"$WORK/kubectl")
}

kubectl_said() {
  tail -n 1 "$WORK/kubectl"
}

# use_service: by the Service's cluster IP, which a node reaches; from elsewhere through a forwarded port. The
# certificate holds for both.
use_service() {
  local host port way
  read -r host port <<<"$(service_address)"
  take_credentials
  BROKER_URL=https://$host:$port
  way='its cluster IP'
  if ! reaches "$BROKER_URL"; then
    forward "$port"
    reaches "$BROKER_URL" || fail "the broker does not answer at its cluster IP, nor through a forwarded port:" \
      "$(tail -n 1 "$WORK/forward")"
    way='a forwarded port'
  fi
  # shellcheck disable=SC2034  # lifecycle.sh asks for it
  INSTALLED=yes
  printf 'The broker is the Service %s in namespace %s of the cluster %s, by %s: %s\n' "$BROKER_NAME" "$NAMESPACE" \
    "$(kubectl config current-context 2>/dev/null || printf 'that this runs in')" "$way" "$BROKER_URL" >&2
}

# service_address: the host and the port of SERVICE.
service_address() {
  printf '%s' "$SERVICE" | node -e '
    const { clusterIP, ports } = JSON.parse(require("fs").readFileSync(0, "utf8")).spec;
    const { port } = ports.find(({ name }) => name === "https") ?? ports[0];
    console.log(clusterIP.includes(":") ? `[${clusterIP}]` : clusterIP, port);
  '
}

# take_credentials: from the Secrets of the installation, where they are not given.
take_credentials() {
  if [ -z "${BROKER_PASSWORD:-}" ]; then
    BROKER_USERNAME=$(secret_value "$BROKER_NAME-credentials" username)
    BROKER_PASSWORD=$(secret_value "$BROKER_NAME-credentials" password)
  fi
  if [ -z "$BROKER_CA_FILE" ]; then
    secret_value "$BROKER_NAME-tls" ca.crt >"$WORK/ca.crt"
    if [ -s "$WORK/ca.crt" ]; then BROKER_CA_FILE=$WORK/ca.crt; fi # else it is one that the system knows
  fi
}

# secret_value SECRET KEY: empty where the Secret has no such key.
secret_value() {
  local secret
  secret=$(in_namespace get secret "$1" --output json) ||
    fail "the Secret $1 in namespace $NAMESPACE cannot be read: use a kubeconfig that may, or set BROKER_URL," \
      'BROKER_USERNAME, BROKER_PASSWORD and BROKER_CA_FILE'
  printf '%s' "$secret" | node -e '
    const { data } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    process.stdout.write(Buffer.from(data?.[process.argv[1]] ?? "", "base64"));
  ' -- "$2"
}

# reaches URL: whether there is an answer, under a certificate that holds.
reaches() {
  curl --silent --output /dev/null --connect-timeout 3 --max-time 10 \
    ${BROKER_CA_FILE:+--cacert "$BROKER_CA_FILE"} "$1/v2/catalog"
}

# forward PORT: to a port of this machine, until the script ends. Sets BROKER_URL.
forward() {
  kubectl --namespace "$NAMESPACE" port-forward --address 127.0.0.1 "service/$BROKER_NAME" ":$1" >"$WORK/forward" 2>&1 &
  PORT_FORWARD=$!
  while ! grep -q '^Forwarding from' "$WORK/forward"; do
    kill -0 "$PORT_FORWARD" 2>/dev/null ||
      fail "no port can be forwarded to the Service $BROKER_NAME: $(tail -n 1 "$WORK/forward")"
    sleep 0.1
  done
  BROKER_URL=https://127.0.0.1:$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$WORK/forward")
}
