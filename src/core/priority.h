/**
 * Who runs first on a busy core: the loop, before threads that compute for a long time, such as those that decode pictures, and
 * before those that write files.
 */
#ifndef CORE_PRIORITY_H
#define CORE_PRIORITY_H

/** The calling thread gives way to others that want to run, but goes on to run beside them. No privilege is needed. */
void priority_give_way(void);

/** The calling thread, when it wakes, waits until the core is free, and takes it from nobody. It keeps its share. No privilege is needed. */
void priority_interrupt_nobody(void);

#endif
