#include "app/auth/param_names.h"

#include "core/mask.h"

void auth_mask_params(const struct conf *conf)
{
    for (size_t i = 0; i < conf->n_vhosts; i++)
        mask_add_name(conf->vhosts[i].auth.jwt_param);
}
