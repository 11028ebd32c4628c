/**
 * What a reload changes, in order: a feature that has to know of a new configuration adds a row.
 */
#ifndef APP_RELOAD_STEPS_H
#define APP_RELOAD_STEPS_H

#include "app/reload_step.h"

/** Ends with a row without a name. */
extern const struct reload_step reload_steps[];

#endif
