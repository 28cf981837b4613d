/* The floor of telling many clients: one thread, one epoll, one send a client.
   usage: broadcast PORT; a GET becomes an event stream, the body of a POST goes to all of them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char stream_head[] =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\ntransfer-encoding: chunked\r\n\r\n";
static const char done[] = "HTTP/1.1 204 No Content\r\n\r\n";
static int clients[65536], count;

static void drop(int client) {
  for (int i = 0; i < count; i++)
    if (clients[i] == client) clients[i--] = clients[--count];
  close(client);
}

static void broadcast(const char *body) {
  static unsigned number;
  char event[8192], chunk[8300];
  int length = snprintf(event, sizeof event, "id: 0000000000000001:1:%u\nevent: message\ndata: %s\n\n", ++number, body);
  int bytes = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", length, event);
  for (int i = 0; i < count; i++)
    if (send(clients[i], chunk, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) != bytes) drop(clients[i--]);
}

/* Requests here are small and come in one piece. */
static void read_from(int client) {
  char request[8192];
  ssize_t length = read(client, request, sizeof request - 1);
  if (length <= 0) return drop(client);
  request[length] = 0;
  if (!strncmp(request, "GET", 3)) {
    clients[count++] = client;
    send(client, stream_head, sizeof stream_head - 1, MSG_NOSIGNAL);
  } else if (!strncmp(request, "POST", 4)) {
    char *body = strstr(request, "\r\n\r\n");
    if (body) broadcast(body + 4);
    send(client, done, sizeof done - 1, MSG_NOSIGNAL);
  }
}

int main(int arguments, char **words) {
  if (arguments != 2) return 2;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1, poll = epoll_create1(0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) return perror("broadcast"), 1;
  struct epoll_event events[512], event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poll, events, 512, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd != listener) {
        read_from(events[i].data.fd);
        continue;
      }
      for (int client; (client = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0;) {
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        event.data.fd = client;
        epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
      }
    }
  }
}
