#include "rpc/tls.h"

#include <errno.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char block_begin[] = "-----BEGIN CERTIFICATE-----";
static const char block_end[] = "-----END CERTIFICATE-----";

struct cvn_tls {
    enum cvn_tls_side side;
    char *authorities, *chain, *key; /* PEM; NULL for none */
    char *server_name;
};

bool cvn_tls_is_url(const char *url)
{
    return strncmp(url, "tls+", 4) == 0;
}

static bool is_given(const char *text)
{
    return text && *text;
}

/* Keys do not stay in memory that is given back. */
static void free_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static int refuse_unread(const char *path, int fault, struct cvn_error *err)
{
    return cvn_error_set(err, -fault, "The file %s cannot be read: %s.", path, strerror(fault));
}

/* A whole file as text, to be freed with free_text. */
static int read_file(const char *path, char **ret, struct cvn_error *err)
{
    struct stat st;
    FILE *file = fopen(path, "re");
    if (!file)
        return refuse_unread(path, errno, err);
    char *text = NULL;
    int r = 0;
    size_t len = 0;
    if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode))
        r = refuse_unread(path, EISDIR, err);
    else if (!(text = malloc(CVN_TLS_FILE_BYTES_MAX + 1)))
        r = cvn_error_set(err, -ENOMEM, "There is no memory to read %s.", path);
    else if ((len = fread(text, 1, CVN_TLS_FILE_BYTES_MAX + 1, file)) > CVN_TLS_FILE_BYTES_MAX)
        r = cvn_error_set(err, -EINVAL, "The file %s has more than %d bytes; it is no PEM file.",
                          path, CVN_TLS_FILE_BYTES_MAX);
    else if (ferror(file))
        r = refuse_unread(path, errno ? errno : EIO, err);
    (void)fclose(file);
    if (r == 0) {
        text[len] = '\0';
        *ret = text;
    } else {
        free(text);
    }
    return r;
}

/* Which certificates of a file are wanted, and what came of it. */
struct reading {
    const char *path;
    bool strict; /* each of them must be understood; the system's bundle may have strange ones */
    mbedtls_x509_crt *first; /* initialised; NULL when it does not matter */
    unsigned n_taken, n_expired;
    mbedtls_x509_time ended; /* of the last that has expired */
};

/* Looks at one block of PEM text. 1 to keep it, 0 to leave it out. */
static int take_certificate(struct reading *reading, const char *block, unsigned number,
                            struct cvn_error *err)
{
    mbedtls_x509_crt own, *crt = &own;
    mbedtls_x509_crt_init(&own);
    if (reading->first && number == 1)
        crt = reading->first;
    int r = 1;
    if (mbedtls_x509_crt_parse(crt, (const unsigned char *)block, strlen(block) + 1) != 0) {
        r = !reading->strict
                ? 0
                : cvn_error_set(err, -EINVAL, "Certificate %u in %s cannot be understood.", number,
                                reading->path);
    } else if (mbedtls_x509_time_is_past(&crt->valid_to)) {
        reading->n_expired++;
        reading->ended = crt->valid_to;
    }
    mbedtls_x509_crt_free(&own);
    return r;
}

static int refuse_empty(const char *path, struct cvn_error *err)
{
    return cvn_error_set(err, -EINVAL,
                         "The file %s has no certificate in it; PEM, with \"%s\", is right.", path,
                         block_begin);
}

/* Reads a file's certificates, one after the other, as PEM text to be freed. */
static int read_certificates(struct reading *reading, char **ret, struct cvn_error *err)
{
    char *text;
    int r = read_file(reading->path, &text, err);
    if (r)
        return r;
    size_t len = 0;
    char *kept = malloc(strlen(text) + 2);
    if (!kept)
        r = cvn_error_set(err, -ENOMEM, "There is no memory to read %s.", reading->path);
    unsigned number = 0;
    for (char *at = text, *end; r == 0 && (at = strstr(at, block_begin)); at = end + 1) {
        end = strstr(at, block_end);
        if (!end)
            break;
        end += strlen(block_end);
        char after = *end;
        *end = '\0';
        r = take_certificate(reading, at, ++number, err);
        if (r > 0) {
            reading->n_taken++;
            len += (size_t)snprintf(kept + len, (size_t)(end - at) + 2, "%s\n", at);
            r = 0;
        }
        if (!after)
            break;
    }
    free_text(text);
    if (r == 0 && reading->n_taken == 0)
        r = refuse_empty(reading->path, err);
    if (r)
        free(kept);
    else
        *ret = kept;
    return r;
}

static int refuse_expired(const struct reading *reading, struct cvn_error *err)
{
    return cvn_error_set(
        err, -EINVAL, "The certificate in %s expired on %04d-%02d-%02d; a new one is needed.",
        reading->path, reading->ended.year, reading->ended.mon, reading->ended.day);
}

static int read_authorities(struct cvn_tls *tls, const struct cvn_tls_files *files,
                            struct cvn_error *err)
{
    bool named = is_given(files->ca);
    struct reading reading = {.path = named ? files->ca : CVN_TLS_AUTHORITIES_DEFAULT,
                              .strict = named};
    int r = read_certificates(&reading, &tls->authorities, err);
    return r == 0 && reading.n_expired == reading.n_taken ? refuse_expired(&reading, err) : r;
}

static int check_own(const struct cvn_tls *tls, const struct reading *own,
                     const struct cvn_tls_files *files, struct cvn_error *err)
{
    if (mbedtls_x509_time_is_past(&own->first->valid_to))
        return refuse_expired(&(struct reading){.path = own->path, .ended = own->first->valid_to},
                              err);
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    int fault =
        mbedtls_pk_parse_key(&key, (const unsigned char *)tls->key, strlen(tls->key) + 1, NULL, 0);
    int r = 0;
    if (fault == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || fault == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
        r = cvn_error_set(err, -EINVAL,
                          "The private key in %s has a password; one without is right.",
                          files->key);
    else if (fault)
        r = cvn_error_set(err, -EINVAL,
                          "The file %s has no private key in it that TLS 1.2 can use; PEM with an "
                          "RSA or elliptic curve key is right.",
                          files->key);
    else if (mbedtls_pk_check_pair(&own->first->pk, &key) != 0)
        r = cvn_error_set(err, -EINVAL,
                          "The private key in %s is not that of the certificate in %s.", files->key,
                          files->certificate);
    mbedtls_pk_free(&key);
    return r;
}

static int read_own(struct cvn_tls *tls, const struct cvn_tls_files *files, struct cvn_error *err)
{
    if (is_given(files->certificate) != is_given(files->key))
        return cvn_error_set(err, -EINVAL,
                             "TLS needs a certificate's file and its private key's, and only %s is "
                             "given.",
                             is_given(files->key) ? files->key : files->certificate);
    mbedtls_x509_crt first;
    mbedtls_x509_crt_init(&first);
    struct reading own = {.path = files->certificate, .strict = true, .first = &first};
    int r = read_certificates(&own, &tls->chain, err);
    if (r == 0)
        r = read_file(files->key, &tls->key, err);
    if (r == 0)
        r = check_own(tls, &own, files, err);
    mbedtls_x509_crt_free(&first);
    return r;
}

int cvn_tls_new(struct cvn_tls **ret, enum cvn_tls_side side, const struct cvn_tls_files *files,
                struct cvn_error *err)
{
    struct cvn_tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return cvn_error_set(err, -ENOMEM, "There is no memory for TLS.");
    tls->side = side;
    int r = 0;
    if (is_given(files->certificate) || is_given(files->key))
        r = read_own(tls, files, err);
    else if (side == CVN_TLS_SERVER)
        r = cvn_error_set(err, -EINVAL,
                          "A tls+tcp:// address needs a certificate and its private key, and "
                          "neither file is given.");
    if (r == 0 && (side == CVN_TLS_CLIENT || is_given(files->ca)))
        r = read_authorities(tls, files, err);
    if (r == 0 && is_given(files->server_name) && !(tls->server_name = strdup(files->server_name)))
        r = cvn_error_set(err, -ENOMEM, "There is no memory for TLS.");
    if (r)
        cvn_tls_free(tls);
    else
        *ret = tls;
    return r;
}

void cvn_tls_free(struct cvn_tls *tls)
{
    if (!tls)
        return;
    free(tls->authorities);
    free(tls->chain);
    free_text(tls->key);
    free(tls->server_name);
    free(tls);
}

int cvn_tls_configure(const struct cvn_tls *tls, const char *host, struct nng_tls_config **ret)
{
    bool server = tls->side == CVN_TLS_SERVER;
    nng_tls_config *config;
    int r = nng_tls_config_alloc(&config, server ? NNG_TLS_MODE_SERVER : NNG_TLS_MODE_CLIENT);
    if (r)
        return -ENOMEM;
    if (tls->authorities)
        r = nng_tls_config_ca_chain(config, tls->authorities, NULL);
    if (r == 0 && tls->chain)
        r = nng_tls_config_own_cert(config, tls->chain, tls->key, NULL);
    if (r == 0 && !server)
        r = nng_tls_config_server_name(config, tls->server_name ? tls->server_name : host);
    if (r == 0)
        r = nng_tls_config_auth_mode(config, tls->authorities ? NNG_TLS_AUTH_MODE_REQUIRED
                                                              : NNG_TLS_AUTH_MODE_NONE);
    if (r) {
        nng_tls_config_free(config);
        return -ENOMEM; /* all that is left: the texts were read before */
    }
    *ret = config;
    return 0;
}
