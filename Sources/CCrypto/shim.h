#pragma once
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// A macro around a function with a variable number of arguments.
static inline EVP_PKEY *syncd_new_p256_key(void) { return EVP_EC_gen("P-256"); }

// A macro with a cast.
static inline long syncd_bio_bytes(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

// A function with a variable number of arguments.
static inline EVP_PKEY *syncd_new_ed25519_key(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }
