/*
 * fetch/tls: a word and a sentence for each way in which TLS fails. Verification itself is
 * libcurl's and OpenSSL's (trust.c), and is never left out.
 */
#include <openssl/x509_vfy.h>
#include <string.h>

#include "fetch_priv.h"

/* What OpenSSL found wrong with the certificate (X509_V_ERR_...). */
static const struct {
	long code;
	const char *word, *words;
} verdicts[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "tls_expired", "a certificate of the server has expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "tls_not_yet_valid",
	"a certificate of the server is not valid yet; is the clock right?"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "tls_self_signed",
	"the server has signed its certificate itself"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "tls_unknown_issuer",
	"the server's certificate comes from an authority that is not trusted here"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "tls_unknown_issuer",
	"the issuer of the server's certificate is not known"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "tls_unknown_issuer",
	"the issuer of the server's certificate is not known, or the server leaves out "
	"intermediate certificates"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "tls_unknown_issuer",
	"the server leaves out intermediate certificates"},
    {X509_V_ERR_CERT_REVOKED, "tls_revoked", "the server's certificate was revoked"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "tls_wrong_host",
	"the server's certificate is for another host"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "tls_wrong_host",
	"the server's certificate is for another address"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "tls_weak", "the key of the server's certificate is too weak"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "tls_weak", "a key of the issuers is too weak"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "tls_weak", "a signature of the issuers is too weak"},
};

/* What the failed handshake's words tell: OpenSSL gives libcurl no more than these. */
static const struct {
	const char *part, *word;
} handshakes[] = {
    {"unsupported protocol", "tls_too_old"},
    {"alert protocol version", "tls_too_old"},
    {"version too low", "tls_too_old"},
    {"wrong version number", "tls_none"}, /* no TLS at all */
    {"dh key too small", "tls_weak"},
    {"ee key too small", "tls_weak"},
    {"unrecognized name", "tls_wrong_host"},
};

const char *
tls_word(CURLcode code, long verdict, const char **words)
{
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (code == CURLE_PEER_FAILED_VERIFICATION && verdicts[i].code == verdict) {
			*words = verdicts[i].words;
			return verdicts[i].word;
		}
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		/* libcurl compares the names itself, before it asks what OpenSSL found */
		return verdict == X509_V_OK || verdict == X509_V_ERR_UNSPECIFIED ? "tls_wrong_host"
										 : "tls_untrusted";
	for (size_t i = 0; i < sizeof handshakes / sizeof *handshakes; i++)
		if (strstr(*words, handshakes[i].part))
			return handshakes[i].word;
	return "tls_handshake";
}
