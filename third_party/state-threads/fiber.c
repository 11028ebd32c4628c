/* Included by state-threads' sched.c; see fiber.h. */

#include <sys/mman.h>

#ifdef ST_VALGRIND
#include <valgrind/valgrind.h>
#endif
#ifdef ST_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

/*
 * A guard page below a stack turns an overflow into a fault at once, in place of a neighbour's corrupted
 * stack. It also splits the stack off its neighbours: two kernel mappings a coroutine. Linux allows a
 * process 65530 (vm.max_map_count), so the stacks above this number do without.
 */
enum { GUARDED_STACKS_MAX = 24000 };

void _st_fiber_stack_made(_st_stack_t *stack)
{
    static int n_guarded;

    if (n_guarded < GUARDED_STACKS_MAX && mprotect(stack->vaddr, (size_t)_ST_PAGE_SIZE, PROT_NONE) == 0)
        n_guarded++;

    /* Neighbouring stacks without guards are one mapping to the kernel; huge pages would make 2 MiB resident. */
    madvise(stack->vaddr, (size_t)stack->vaddr_size, MADV_NOHUGEPAGE);

#ifdef ST_VALGRIND
    (void)VALGRIND_STACK_REGISTER(stack->stk_bottom, stack->stk_top);
#endif
    _st_fiber_stack_taken(stack);
}

#ifdef ST_ASAN

static struct {
    const void *bottom;  /* the first thread's stack, learnt when it is left for the first time */
    size_t      size;
    int         leaving; /* the first thread was left and the jump has not arrived yet */
    int         dying;   /* the current thread will not come back */
} fiber;

void _st_fiber_stack_taken(_st_stack_t *stack)
{
    /* The frames of a thread that has exited never returned; their red zones are still marked. */
    __asan_unpoison_memory_region(stack->stk_bottom, (size_t)stack->stk_size);
    /* The leak check must see what only this stack points to. It reads the process's memory map once for each
     * region, so only the stacks in use are registered: a few, by the time the process ends. */
    __lsan_register_root_region(stack->stk_bottom, (size_t)stack->stk_size);
}

void _st_fiber_stack_freed(_st_stack_t *stack)
{
    __lsan_unregister_root_region(stack->stk_bottom, (size_t)stack->stk_size);
}

void _st_fiber_dies(void)
{
    fiber.dying = 1;
}

void _st_fiber_leave(_st_thread_t *to)
{
    _st_thread_t *me = _ST_CURRENT_THREAD();
    const void   *bottom = to->stack ? to->stack->stk_bottom : fiber.bottom;
    size_t        size = to->stack ? (size_t)to->stack->stk_size : fiber.size;

    fiber.leaving = !fiber.bottom && (me->flags & _ST_FL_PRIMORDIAL);
    /* NULL has the sanitizer free what it keeps for this thread. */
    __sanitizer_start_switch_fiber(fiber.dying ? NULL : &me->fake_stack, bottom, size);
    fiber.dying = 0;
}

void _st_fiber_arrive(void)
{
    const void *bottom;
    size_t      size;

    __sanitizer_finish_switch_fiber(_ST_CURRENT_THREAD()->fake_stack, &bottom, &size);
    if (fiber.leaving) {
        fiber.bottom = bottom;
        fiber.size = size;
        fiber.leaving = 0;
    }
}

#endif
