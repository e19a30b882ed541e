// For programs that are not JavaScript (LD_PRELOAD): on SIGUSR2 their clock is set back by a day.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <time.h>

static volatile long shift = 0;

static void set_back(int number) {
  (void)number;
  shift = -86400;
}

__attribute__((constructor)) static void listen(void) {
  struct sigaction action = {.sa_handler = set_back, .sa_flags = SA_RESTART};
  sigaction(SIGUSR2, &action, 0);
}

int clock_gettime(clockid_t clock, struct timespec *told) {
  static int (*real)(clockid_t, struct timespec *) = 0;
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, told);
  if (result == 0 && clock == CLOCK_REALTIME) told->tv_sec += shift;
  return result;
}
