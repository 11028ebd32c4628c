/**
 * Pieces of bytes, as writev() takes them.
 *
 * Yields     no
 */
#ifndef CORE_IOV_H
#define CORE_IOV_H

#include <stddef.h>
#include <sys/uio.h>

/** The bytes of all pieces. */
static inline size_t iov_sum(const struct iovec *iov, int n_iov)
{
    size_t sum = 0;
    for (int i = 0; i < n_iov; i++)
        sum += iov[i].iov_len;
    return sum;
}

#endif
