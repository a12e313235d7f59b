#!/bin/sh
# A certificate authority of your own and a certificate for MongoDB, in the folder you name:
#
#   deploy/tls.sh FOLDER db.example.org [10.0.0.5 ...]
#
# ca.pem goes to every machine, server.pem to MongoDB's alone; ca.key is what signs: keep it away.
# Called again, it keeps the authority and makes a new server certificate.
set -eu
[ $# -ge 2 ] || { echo "usage: deploy/tls.sh FOLDER HOST..." >&2; exit 2; }
folder=$1; shift
umask 077
mkdir -p "$folder"
cd "$folder"

if [ ! -f ca.key ]; then
    openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj "/CN=cca authority" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.pem 2>/dev/null
fi

names=
for name in "$@"; do
    case $name in
        *[!0-9.]*) names="$names,DNS:$name" ;;
        *) names="$names,IP:$name" ;;
    esac
done
openssl req -newkey rsa:3072 -nodes -subj "/CN=$1" -keyout server.key -out server.csr 2>/dev/null
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "${names#,}" > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 \
    -extfile server.ext -out server.crt 2>/dev/null
cat server.key server.crt > server.pem
rm server.key server.crt server.csr server.ext
chmod 644 ca.pem
echo "$folder/ca.pem $folder/server.pem"
