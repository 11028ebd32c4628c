/**
 * The unit in which the kernel gives, takes and maps memory, and keeps files in it.
 */
#ifndef CORE_PAGE_H
#define CORE_PAGE_H

/* Its size on x86-64. */
enum { PAGE_BYTES = 4096 };

#endif
