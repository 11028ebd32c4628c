/**
 * The steps of a reload, in order. A feature that must notice a new configuration adds a row.
 */
#ifndef APP_RELOAD_STEPS_H
#define APP_RELOAD_STEPS_H

#include "app/reload_step.h"

/** All steps; the list ends with a row without a name. */
extern const struct reload_step reload_steps[];

#endif
