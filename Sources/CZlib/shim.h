#pragma once
#include <sys/types.h>
#include <zlib.h>

// What the C library declares for _GNU_SOURCE alone, which the Glibc module is built without, and
// what packs and publishes bundles needs.
ssize_t copy_file_range(int, off_t *, int, off_t *, size_t, unsigned int);
int fallocate(int, int, off_t, off_t);
int mkostemp(char *, int);
