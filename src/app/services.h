/**
 * The services that the server listens for.
 */
#ifndef APP_SERVICES_H
#define APP_SERVICES_H

#include "app/server/listen_service.h"

/** All services; ends with a row without a name. */
extern const struct listen_service listen_services[];

/** Forget what the services keep between connections; after the last one has ended. Does not yield. */
void services_finish(void);

#endif
