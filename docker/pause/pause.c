/*
 * The program of every sandbox: it holds the namespaces, reaps orphans, and ends on TERM or INT.
 * Freestanding, x86-64 Linux. Built with:
 *   gcc -Os -static -nostdlib -nostartfiles -fno-pie -no-pie -fno-asynchronous-unwind-tables -fno-stack-protector \
 *       -Wl,--build-id=none,-z,noseparate-code,-z,norelro -s -o pause pause.c && strip -R .comment pause
 */
#define SIGHUP 1
#define SIGINT 2
#define SIGTERM 15
#define SIGCHLD 17
#define MASK(s) (1UL << ((s) - 1))

static long call4(long n, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}

void _start(void) {
  unsigned long mask = MASK(SIGINT) | MASK(SIGTERM) | MASK(SIGCHLD);
  call4(14, 0, (long)&mask, 0, 8); /* rt_sigprocmask(SIG_BLOCK) */
  for (;;) {
    long signal = call4(128, (long)&mask, 0, 0, 8); /* rt_sigtimedwait */
    if (signal == SIGCHLD)
      while (call4(61, -1, 0, 1, 0) > 0) /* wait4(-1, 0, WNOHANG, 0) */
        ;
    if (signal == SIGTERM || signal == SIGINT) call4(231, 0, 0, 0, 0); /* exit_group */
  }
}
