/*
 * The program of every sandbox: it holds the namespaces, reaps orphans (it is process 1 of pods that share their
 * process ids), and ends on TERM or INT. Freestanding Linux, no C library. `build.sh` beside it makes the programs
 * that src/runtime/docker/pause-programs.ts carries.
 */
#define SIGINT 2
#define SIGTERM 15
#define SIGCHLD 17
#define MASK(s) (1UL << ((s) - 1))
#define WNOHANG 1

#if defined(__x86_64__)
#define RT_SIGPROCMASK 14
#define RT_SIGTIMEDWAIT 128
#define WAIT4 61
#define EXIT_GROUP 231
static long call4(long n, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
#define RT_SIGPROCMASK 135
#define RT_SIGTIMEDWAIT 137
#define WAIT4 260
#define EXIT_GROUP 94
static long call4(long n, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
#else
#error "pause.c knows x86-64 and arm64 only"
#endif

void _start(void) {
  unsigned long mask = MASK(SIGINT) | MASK(SIGTERM) | MASK(SIGCHLD);
  call4(RT_SIGPROCMASK, 0 /* SIG_BLOCK */, (long)&mask, 0, 8);
  for (;;) {
    long signal = call4(RT_SIGTIMEDWAIT, (long)&mask, 0, 0, 8);
    if (signal == SIGCHLD)
      while (call4(WAIT4, -1, 0, WNOHANG, 0) > 0)
        ;
    if (signal == SIGTERM || signal == SIGINT) call4(EXIT_GROUP, 0, 0, 0, 0);
  }
}
