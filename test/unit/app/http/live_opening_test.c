/* What a player over HTTP is told of a stream at its beginning. */
#include "app/http/live_opening.h"

#include "app/source/fixture.h"
#include "core/attr.h"
#include "loop.h"

static void a_player_expects_another_encoder_where_one_may_follow(void **state)
{
    static const struct {
        const char *directives;
        bool        may_change;
    } rows[] = {
        { "", false },
        { "publish { hold 5; }", true },
        { "publish { republish takeover; }", true },
        { "cluster { mode remote; origin 127.0.0.1:9; }", true },
        { "cluster { mode remote; origin 127.0.0.1:9; hold 0; }", false },
        { "cluster { mode local; hold 5; }", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture      fx;
        struct reader       reader;
        struct live_opening o;
        begin(&fx, rows[i].directives);
        assert_null(audience_join(&reader, fx.source));
        append(fx.source, "V1 K1");
        live_opening_look(&o, &reader);
        if (o.may_change != rows[i].may_change)
            fail_msg("%s", rows[i].directives);
        audience_leave(&reader);
        end(&fx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_player_expects_another_encoder_where_one_may_follow),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
