/*
 * fetch/trust: the CA bundle, parsed once for all connections of both multi handles. Left to itself
 * libcurl parses it for every new TLS connection (22 ms), unless CAPATH is unset, and then once for
 * each multi handle and again each day. With another TLS library than OpenSSL, libcurl's own cache
 * has to do. Never weakens the verification.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch_priv.h"
#include "log.h"

static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                              /* Debian, Arch, Alpine */
    "/etc/pki/tls/certs/ca-bundle.crt",                                /* Fedora */
    "/etc/ssl/ca-bundle.pem",                                          /* openSUSE */
    "/opt/homebrew/etc/ca-certificates/cert.pem", "/etc/ssl/cert.pem", /* BSD, macOS */
};

/* Our OpenSSL and libcurl's must be the same for a store of ours to fit into its SSL_CTX. */
static int
backend_is_ours(void)
{
	const char *name = curl_version_info(CURLVERSION_NOW)->ssl_version;
	static const char openssl[] = "OpenSSL/";
	return name && strncmp(name, openssl, sizeof openssl - 1) == 0 &&
	       strtoul(name + sizeof openssl - 1, NULL, 10) == OPENSSL_version_major();
}

const char *
fetch_ca_bundle(void)
{
	const char *builtin = curl_version_info(CURLVERSION_NOW)->cainfo;
	if (builtin && access(builtin, R_OK) == 0)
		return builtin;
	for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	return NULL;
}

/* A list of revocations that is missing, or out of date, is no fault of the server's; what an old
 * one names is revoked all the same. */
static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	int error = X509_STORE_CTX_get_error(ctx);
	if (ok || (error != X509_V_ERR_UNABLE_TO_GET_CRL && error != X509_V_ERR_CRL_HAS_EXPIRED &&
		      error != X509_V_ERR_CRL_NOT_YET_VALID))
		return ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

/* Where the bundle brings lists of revocations (CRLs), they count. */
static void
heed_revocations(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	int at = 0, n = sk_X509_OBJECT_num(all);
	while (at < n && X509_OBJECT_get_type(sk_X509_OBJECT_value(all, at)) != X509_LU_CRL)
		at++;
	if (at == n)
		return;
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	X509_STORE_set_verify_cb(store, on_verify);
}

static int
store_load(struct trust *t, struct fault *f)
{
	struct stat st;
	if (stat(t->file, &st) != 0)
		return fault_set(f, ERR_NOT_FOUND, "CA file %s can't be read", t->file);
	t->modified =
	    st.st_mtim; /* also of a file that is no bundle: it isn't tried again and again */
	t->size = st.st_size;
	X509_STORE *store = X509_STORE_new();
	int ok = store && X509_STORE_load_file(store, t->file) == 1;
	ERR_clear_error();
	if (!ok) {
		X509_STORE_free(store);
		return fault_set(f, ERR_INPUT, "CA file %s has no certificates in PEM", t->file);
	}
	heed_revocations(store);
	X509_STORE_free(t->store); /* connections that use it hold it */
	t->store = store;
	++*t->loads;
	return 0;
}

static void
store_refresh(struct trust *t)
{
	struct stat st;
	struct fault f;
	if (stat(t->file, &st) != 0 ||
	    (st.st_mtim.tv_sec == t->modified.tv_sec && st.st_mtim.tv_nsec == t->modified.tv_nsec &&
		st.st_size == t->size))
		return;
	if (store_load(t, &f) != 0)
		log_warn("%s; the certificates read before stay in use", f.text);
}

static CURLcode
on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
	(void)easy;
	struct trust *t = arg;
	store_refresh(t);
	SSL_CTX_set1_cert_store(ssl_ctx, t->store);
	return CURLE_OK;
}

int
trust_open(struct trust *t, const char *ca_file, uint64_t *loads, struct fault *f)
{
	*t = (struct trust){.loads = loads};
	int given = ca_file && *ca_file;
	t->file = mem_strdup(given ? ca_file : fetch_ca_bundle());
	if (!t->file) {
		log_warn("no bundle of CA certificates was found: https will fail; install "
			 "ca-certificates or set ca_file");
		return 0;
	}
	if (access(t->file, R_OK) != 0)
		return fault_set(f, ERR_NOT_FOUND, "CA file %s can't be read", t->file);
	return backend_is_ours() ? store_load(t, f) : 0;
}

void
trust_apply(struct trust *t, CURL *easy)
{
	/* a CAPATH, also the default one, switches libcurl's cache off */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
	const char *file = t->store ? NULL : t->file;
	curl_easy_setopt(easy, CURLOPT_CAINFO, file);
	curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, file);
	if (!t->store)
		return;
	/* libcurl's cache would put the store that it saw first in the place of a newer one */
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
}

void
trust_close(struct trust *t)
{
	X509_STORE_free(t->store);
	mem_free(t->file);
	*t = (struct trust){0};
}
