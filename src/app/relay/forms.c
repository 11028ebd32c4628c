#include "app/relay/forms.h"

#include "app/conf/relay.h"

attempt_form *forms_find(const char *url)
{
    switch (conf_relay_form_of(url)) {
    case CONF_RELAY_RTMP: return rtmp_form_run;
    case CONF_RELAY_HTTP: return http_form_run;
    case CONF_RELAY_HLS: return hls_form_run;
    case CONF_RELAY_WHEP: return whep_form_run;
    default: return NULL;
    }
}
