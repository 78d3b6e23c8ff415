#!/bin/sh
# Makes the certificates of the tests anew, in the directory it lies in. See README.md.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# key NAME: an unencrypted P-256 key.
key() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1"
}

# authority NAME TITLE: one that signs itself; its key does not stay.
authority() {
    key "$work/$1.key"
    openssl req -new -key "$work/$1.key" -subj "/O=Convene tests/CN=$2" -out "$work/$1.csr"
    : > "$work/$1.index"
    sign "$1" "$1" 21260101000000Z "basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign" -selfsign -keyfile "$work/$1.key"
}

# leaf NAME AUTHORITY TITLE END EXTENSIONS
leaf() {
    key "$1.key"
    openssl req -new -key "$1.key" -subj "/O=Convene tests/CN=$3" -out "$work/$1.csr"
    sign "$1" "$2" "$4" "basicConstraints=critical,CA:FALSE
$5" -cert "$2.pem" -keyfile "$work/$2.key"
}

# sign NAME AUTHORITY END EXTENSIONS OPTIONS...
sign() {
    name=$1 authority=$2 end=$3
    printf '%s\n' "[ca]" "default_ca=it" "[it]" "database=$work/$authority.index" \
        "new_certs_dir=$work" "rand_serial=yes" "default_md=sha256" "policy=any" \
        "unique_subject=no" "[any]" "organizationName=optional" "commonName=supplied" \
        "[extensions]" "$4" > "$work/conf"
    shift 4
    openssl ca -batch -notext -config "$work/conf" -extensions extensions \
        -startdate 20260101000000Z -enddate "$end" "$@" -in "$work/$name.csr" -out "$name.pem" \
        2> "$work/log" || { cat "$work/log" >&2; exit 1; }
}

server="extendedKeyUsage=serverAuth"
client="extendedKeyUsage=clientAuth"
here="subjectAltName=DNS:localhost,DNS:127.0.0.1,IP:127.0.0.1"
authority ca "Convene test CA"
authority other-ca "Another CA"
leaf server ca localhost 21260101000000Z "$server
$here"
leaf other-server other-ca localhost 21260101000000Z "$server
$here"
leaf expired ca localhost 20260201000000Z "$server
$here"
leaf elsewhere ca elsewhere.example 21260101000000Z "$server
subjectAltName=DNS:elsewhere.example"
leaf client ca "A client" 21260101000000Z "$client"
leaf stranger other-ca "A stranger" 21260101000000Z "$client"
openssl pkcs8 -topk8 -in server.key -passout pass:secret -out locked.key
