#!/bin/sh
# Make a private authority and a certificate for each server, once; renewed when fewer than 30 days are left.
# Bring your own edge.crt and edge.key (for the name that browsers know) by placing them in the volume first: what this
# authority did not sign is never replaced, so renew it yourself.
set -eu
cd "${1:-/certs}"
umask 077

is_good() { [ -s "$1.crt" ] && openssl x509 -checkend 2592000 -noout -in "$1.crt" >/dev/null; }

is_ours() { openssl x509 -issuer -noout -in "$1.crt" 2>/dev/null | grep -q "MediSync private CA"; }

if ! is_good ca; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1825 -subj "/CN=MediSync private CA" \
    -keyout ca.key -out ca.crt -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
  for name in postgres valkey edge; do
    if is_ours "$name"; then rm -f "$name.crt"; fi
  done
fi
for name in postgres valkey edge; do
  is_good "$name" && continue
  if [ -s "$name.crt" ] && ! is_ours "$name"; then continue; fi
  names="DNS:$name,DNS:localhost,IP:127.0.0.1"
  [ "$name" = edge ] && names="$names,DNS:${MEDISYNC_PUBLIC_HOST:-localhost}"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout "$name.key" -out "$name.csr" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names" > "$name.ext"
  openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 397 -extfile "$name.ext" -out "$name.crt" 2>/dev/null
  rm -f "$name.csr" "$name.ext"
done
chmod 0644 ./*.crt
# A key is readable by the account of its own server only: postgres 999, valkey 999, nginx 101 in the pinned images.
if [ "$(id -u)" = 0 ]; then
  chown 999:999 postgres.key valkey.key
  chown 101:101 edge.key
fi
