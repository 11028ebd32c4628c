/**
 * The release of SRS whose interfaces this server has. Clients, scripts and dashboards compare it.
 */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#define VERSION_MAJOR 7
#define VERSION_MINOR 0
#define VERSION_REVISION 18
#define VERSION "7.0.18"

#define SERVER_KEY "SRS"
#define SERVER_CODENAME "Hang"
#define SERVER_SIGNATURE "SRS/" VERSION "(" SERVER_CODENAME ")"
#define SERVER_LICENSE "MIT"
#define SERVER_AUTHORS "the project's authors"
#define SERVER_URL "https://github.com/ossrs/srs"

#endif
