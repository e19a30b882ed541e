/* AWS is at its pod's own address, and its port 443 at WORLD_DOOR: there a program may listen. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef int (*connect_type)(int, const struct sockaddr *, socklen_t);
typedef int (*lookup_type)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static const char *AWS = ".amazonaws.com";

static int is_aws(const char *name) {
  size_t length = name == NULL ? 0 : strlen(name);
  return length > strlen(AWS) && strcmp(name + length - strlen(AWS), AWS) == 0;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
  lookup_type next = (lookup_type)dlsym(RTLD_NEXT, "getaddrinfo");
  const char *ip = getenv("WORLD_POD_IP");
  return next(ip != NULL && is_aws(name) ? ip : name, service, hints, found);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
  connect_type next = (connect_type)dlsym(RTLD_NEXT, "connect");
  const char *ip = getenv("WORLD_POD_IP"), *door = getenv("WORLD_DOOR");
  if (ip == NULL || door == NULL || address->sa_family != AF_INET) return next(socket, address, length);

  struct sockaddr_in to = *(const struct sockaddr_in *)address;
  if (to.sin_addr.s_addr == inet_addr(ip) && to.sin_port == htons(443)) to.sin_port = htons(atoi(door));
  return next(socket, (const struct sockaddr *)&to, sizeof to);
}
