# shellcheck shell=bash
# Sourced by install.sh: the certificate that the broker serves HTTPS with. One that was given is checked; a self-made
# one is kept until it is near its end or lacks a name. The key of a self-made authority is thrown away at once.
# shellcheck disable=SC2154  # the options are variables of install.sh
DAYS=825 # more is not accepted by every client
RENEW_SECONDS=7776000
NAMES=sdkbroker.broker.io/certificate-names # the annotation of a self-made one

# put_tls_secret NAME...: brokersdk-tls, with a certificate for these names where none was given. Names that a former
# one had stay in it.
put_tls_secret() {
  local names=''
  if [ -n "$tls_cert" ]; then
    put_secret brokersdk-tls kubernetes.io/tls "tls.crt=$tls_cert" "tls.key=$tls_key" ${tls_ca:+"ca.crt=$tls_ca"}
    say 'certificate: the given one'
    return
  fi
  if exists secret brokersdk-tls; then
    kube get secret brokersdk-tls --output 'go-template={{index .data "tls.crt" | base64decode}}' >"$WORK/present.crt"
    names=$(kube get secret brokersdk-tls --output "jsonpath={.metadata.annotations.${NAMES//./\\.}}")
    if is_fine "$WORK/present.crt" "$names" "$@"; then return; fi
  fi
  # shellcheck disable=SC2046,SC2086  # several words
  set -- $(printf '%s\n' "$@" $names | sort -u)
  make_certificate "$@"
  put_secret brokersdk-tls kubernetes.io/tls "tls.crt=$WORK/tls.crt" "tls.key=$WORK/tls.key" "ca.crt=$WORK/ca.crt"
  kube annotate secret brokersdk-tls --overwrite "$NAMES=$*" >/dev/null
  say "certificate: made, with an authority of its own, for $DAYS days"
}

# check_given: what an operator may have mixed up.
check_given() {
  openssl x509 -in "$tls_cert" -noout 2>/dev/null || fail "--tls-cert $tls_cert is no certificate in PEM"
  openssl pkey -in "$tls_key" -pubout >"$WORK/public" 2>/dev/null || fail "--tls-key $tls_key is no private key in PEM"
  openssl x509 -in "$tls_cert" -noout -pubkey | cmp -s - "$WORK/public" ||
    fail "--tls-key $tls_key is not the key of --tls-cert $tls_cert"
  openssl x509 -in "$tls_cert" -noout -checkend 0 >/dev/null || fail "--tls-cert $tls_cert has expired: renew it"
  if [ -n "$tls_ca" ]; then
    openssl x509 -in "$tls_ca" -noout 2>/dev/null || fail "--tls-ca $tls_ca is no certificate in PEM"
  fi
}

# is_fine FILE NAMES NAME...: whether the present certificate, self-made for NAMES or given, can stay.
is_fine() {
  local file=$1 names=$2 name
  shift 2
  if [ -z "$names" ]; then
    say 'certificate: kept, as it was given'
    openssl x509 -in "$file" -noout -checkend "$RENEW_SECONDS" >/dev/null ||
      warn "it ends soon ($(openssl x509 -in "$file" -noout -enddate)): give another with --tls-cert and --tls-key"
    return 0
  fi
  if ! openssl x509 -in "$file" -noout -checkend "$RENEW_SECONDS" >/dev/null; then
    say 'certificate: near its end'
    return 1
  fi
  for name in "$@"; do
    case " $names " in
      *" $name "*) ;;
      *)
        say "certificate: not for $name yet"
        return 1
        ;;
    esac
  done
  say 'certificate: kept'
}

# make_certificate NAME...: writes ca.crt, tls.crt and tls.key.
make_certificate() {
  local name names=''
  for name in "$@"; do
    case $name in
      *:*) names="$names,IP:$name" ;;
      *[!0-9.]*) names="$names,DNS:$name" ;;
      *) names="$names,IP:$name" ;;
    esac
  done
  cat >"$WORK/openssl.cnf" <<END
[req]
distinguished_name = nobody
[nobody]
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${names#,}
END
  (
    cd "$WORK"
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl ecparam -name prime256v1 -genkey -noout -out tls.key
    openssl req -config openssl.cnf -new -x509 -sha256 -days "$DAYS" -key ca.key -subj "/CN=brokersdk installation CA" \
      -extensions authority -out ca.crt
    openssl req -config openssl.cnf -new -sha256 -key tls.key -subj /CN=brokersdk -out tls.csr
    openssl x509 -req -sha256 -days "$DAYS" -in tls.csr -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
      -extfile openssl.cnf -extensions server -out tls.crt
  ) 2>"$WORK/openssl.log" || fail "openssl could not make a certificate: $(tail -n 1 "$WORK/openssl.log")"
  rm -f "$WORK/ca.key"
}
