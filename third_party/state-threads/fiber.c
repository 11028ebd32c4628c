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
 * A guard page below a stack turns an overflow into a fault at once; without it, the overflow would corrupt another
 * stack. It also separates the stack from its neighbours, so each coroutine has two kernel mappings. Linux allows
 * a process 65530 of them (vm.max_map_count), so further stacks have no guard.
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
    const void *bottom;  /* stack of the first thread, known after it was left for the first time */
    size_t      size;
    int         leaving; /* the first thread was left, and the jump has not arrived yet */
    int         dying;   /* the current thread will not come back */
} fiber;

void _st_fiber_stack_taken(_st_stack_t *stack)
{
    /* The frames of a thread that has exited never returned; their red zones are still marked. */
    __asan_unpoison_memory_region(stack->stk_bottom, (size_t)stack->stk_size);
    /* The leak check must see memory that only this stack points to. It reads the process's memory map once for each
     * region, so only stacks in use are registered: when the process ends, there are few. */
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
    /* With NULL the sanitizer frees what it keeps for this thread. */
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
