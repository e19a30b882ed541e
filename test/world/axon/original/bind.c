/* Where a program would listen on all of a machine's addresses, it listens on WORLD_POD_IP. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>

typedef int (*bind_type)(int, const struct sockaddr *, socklen_t);

int bind(int socket, const struct sockaddr *address, socklen_t length) {
  bind_type next = (bind_type)dlsym(RTLD_NEXT, "bind");
  const char *ip = getenv("WORLD_POD_IP");
  if (ip == NULL || address->sa_family != AF_INET) return next(socket, address, length);

  struct sockaddr_in own = *(const struct sockaddr_in *)address;
  if (own.sin_addr.s_addr == INADDR_ANY) inet_pton(AF_INET, ip, &own.sin_addr);
  return next(socket, (const struct sockaddr *)&own, sizeof own);
}
