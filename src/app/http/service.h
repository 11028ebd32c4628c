/**
 * The ports that speak HTTP: those of the API, and those of streams and files. Where both have the same `listen`, there is
 * one port that serves both.
 *
 * Yields     no
 */
#ifndef APP_HTTP_SERVICE_H
#define APP_HTTP_SERVICE_H

#include "app/conf/conf.h"
#include "app/listener.h"

extern const struct listen_service http_api_service, http_server_service;
extern const struct listen_service https_api_service, https_server_service;

/** What a connection that came by this service may ask for: a set of enum http_face. */
unsigned http_service_faces(const struct conf *conf, const struct listen_service *by);

/** Where the certificate of this service is; NULL: it is a plain one. */
const struct conf_https *http_service_tls(const struct conf *conf, const struct listen_service *by);

#endif
