/* origin_tls: a CA and a server certificate made on the spot; see tests/origin.h. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct signer {
	EVP_PKEY *key;
	X509 *cert; /* NULL: the certificate signs itself */
};

/* A certificate for KEY named CN, signed by BY; for a server when NAMES is not NULL, else a CA. */
static X509 *
cert_new(EVP_PKEY *key, const char *cn, const struct signer *by, const char *names, long from_s,
    long until_s)
{
	static long serial = 1;
	X509 *cert = X509_new();
	check(cert && X509_set_version(cert, 2));
	X509 *issuer = by->cert ? by->cert : cert;
	check(ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++));
	check(X509_gmtime_adj(X509_getm_notBefore(cert), from_s) != NULL);
	check(X509_gmtime_adj(X509_getm_notAfter(cert), until_s) != NULL);
	check(X509_set_pubkey(cert, key));
	check(X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0));
	check(X509_set_issuer_name(cert, X509_get_subject_name(issuer)));
	if (names)
		extension_add(cert, issuer, NID_subject_alt_name, names);
	else
		extension_add(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
	check(X509_sign(cert, by->key, EVP_sha256()));
	return cert;
}

/* Write a CRL signed by BY, of which HOW tells, behind what OUT has. */
static void
crl_write(FILE *out, const struct signer *by, const X509 *cert, enum origin_crl how)
{
	int is_old = how == ORIGIN_OLD_CRL || how == ORIGIN_OLD_CRL_OF_OTHERS;
	ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_get0_serialNumber(cert));
	ASN1_TIME *from = X509_gmtime_adj(NULL, -2 * DAY_S),
		  *until = X509_gmtime_adj(NULL, is_old ? -DAY_S : DAY_S);
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *revoked = X509_REVOKED_new();
	check(crl && revoked && serial && from && until);
	if (how == ORIGIN_CRL_OF_OTHERS || how == ORIGIN_OLD_CRL_OF_OTHERS)
		check(ASN1_INTEGER_set(serial, 4711));
	check(X509_REVOKED_set_serialNumber(revoked, serial) &&
	      X509_REVOKED_set_revocationDate(revoked, from) && X509_CRL_set_version(crl, 1) &&
	      X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->cert)) &&
	      X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, until) &&
	      X509_CRL_add0_revoked(crl, revoked) && X509_CRL_sign(crl, by->key, EVP_sha256()) &&
	      PEM_write_X509_CRL(out, crl));
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_INTEGER_free(serial);
}

static int
on_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	if (name && strcmp(name, arg) == 0)
		return SSL_TLSEXT_ERR_OK;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX *
origin_tls_made(const char *ca_file, const struct origin_tls *how)
{
	struct signer ca = {EVP_EC_gen("P-256"), NULL}, middle = {EVP_EC_gen("P-256"), NULL};
	EVP_PKEY *key = how->weak ? EVP_RSA_gen(1024) : EVP_EC_gen("P-256");
	check(ca.key && middle.key && key);
	ca.cert = cert_new(ca.key, "newsd test CA", &ca, NULL, -DAY_S, DAY_S);
	middle.cert = cert_new(middle.key, "newsd test intermediate", &ca, NULL, -DAY_S, DAY_S);
	const struct signer self = {key, NULL};
	const struct signer *by = how->self_signed ? &self : how->leaves_out ? &middle : &ca;
	int dated = how->from_s || how->until_s;
	X509 *cert = cert_new(key, "newsd test origin", by, how->names,
	    dated ? how->from_s : -DAY_S, dated ? how->until_s : DAY_S);
	FILE *out = fopen(ca_file, "w");
	check(out && PEM_write_X509(out, ca.cert));
	if (how->revokes)
		crl_write(out, how->revokes == ORIGIN_STRANGE_CRL ? &middle : &ca, cert,
		    (enum origin_crl)how->revokes);
	check(fclose(out) == 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	check(ctx != NULL);
	if (how->weak || how->old)
		SSL_CTX_set_security_level(ctx, 0);
	check(SSL_CTX_use_certificate(ctx, cert) && SSL_CTX_use_PrivateKey(ctx, key));
	if (how->old)
		check(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) &&
		      SSL_CTX_set_max_proto_version(ctx, TLS1_VERSION));
	if (how->only_name) {
		SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
		SSL_CTX_set_tlsext_servername_arg(ctx, (void *)(uintptr_t)how->only_name);
	}
	X509_free(ca.cert);
	X509_free(middle.cert);
	X509_free(cert);
	EVP_PKEY_free(ca.key);
	EVP_PKEY_free(middle.key);
	EVP_PKEY_free(key);
	return ctx;
}

SSL_CTX *
origin_tls_new(const char *ca_file, const char *names)
{
	return origin_tls_made(ca_file, &(struct origin_tls){.names = names});
}

void
origin_tls_write(SSL_CTX *ctx, const char *cert_file, const char *key_file)
{
	FILE *cert = fopen(cert_file, "w"), *key = fopen(key_file, "w");
	check(cert && PEM_write_X509(cert, SSL_CTX_get0_certificate(ctx)) && fclose(cert) == 0);
	check(key &&
	      PEM_write_PrivateKey(key, SSL_CTX_get0_privatekey(ctx), NULL, NULL, 0, NULL, NULL) &&
	      fclose(key) == 0);
}
