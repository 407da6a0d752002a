/* origin_tls: a CA and a server certificate made on the spot; see tests/origin.h. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "origin.h"

#define DAY_S 86400L

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
extension_add(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	check(e && X509_add_ext(cert, e, -1));
	X509_EXTENSION_free(e);
}

/* A certificate for KEY named CN, signed by ISSUER with ISSUER_KEY (its own when that is NULL). */
static X509 *
cert_new(EVP_PKEY *key, const char *cn, X509 *issuer, EVP_PKEY *issuer_key, const char *names)
{
	static long serial = 1;
	X509 *cert = X509_new();
	check(cert && X509_set_version(cert, 2));
	check(ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++));
	check(X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) != NULL);
	check(X509_gmtime_adj(X509_getm_notAfter(cert), DAY_S) != NULL);
	check(X509_set_pubkey(cert, key));
	check(X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0));
	check(X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert)));
	if (names)
		extension_add(cert, issuer, NID_subject_alt_name, names);
	else
		extension_add(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
	check(X509_sign(cert, issuer_key ? issuer_key : key, EVP_sha256()));
	return cert;
}

SSL_CTX *
origin_tls_new(const char *ca_file, const char *names)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	check(ca_key && key);
	X509 *ca = cert_new(ca_key, "newsd test CA", NULL, NULL, NULL);
	X509 *cert = cert_new(key, "newsd test origin", ca, ca_key, names);
	FILE *out = fopen(ca_file, "w");
	check(out && PEM_write_X509(out, ca) && fclose(out) == 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	check(ctx && SSL_CTX_use_certificate(ctx, cert) && SSL_CTX_use_PrivateKey(ctx, key));
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	return ctx;
}
