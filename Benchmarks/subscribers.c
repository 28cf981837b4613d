/* Many clients of an event stream in one epoll loop, and who publishes to them.
   usage: subscribers PORT COUNT REQUEST OPENING [PUBLISH-AT PUBLISH-REQUEST]
     REQUEST          a file: what each connection sends
     OPENING          text that a connection has received when its stream stands
     PUBLISH-AT       a port of 127.0.0.1, or the path of a unix socket
     PUBLISH-REQUEST  a file: the request that publishes; the 20 digits behind "stamp=" become its time
   Commands on standard input, one answer line each, times in microseconds:
     open             everybody connects            -> open TIME
     round            one notice                    -> round RECEIVED P50 P99 LAST, from publishing to receipt
     rate N SECONDS   N notices a second            -> rate RECEIVED P50 P99 LAST
     return SECONDS   until everybody has been cut and is back, keeping the protocol
                                                    -> return FIRST-CUT LAST-CUT FIRST-BACK LAST-BACK SPREAD REFUSED
   What does not come to its end in time is answered with "failed" and how far it came. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

typedef long long microseconds;
enum { DIALS_AT_ONCE = 128, MOST_TIMES = 4000000 };

static struct client {
  enum { CLOSED, DIALLING, ASKED, LIVE } state;
  int socket, is_cut, failures, retry; /* retry: milliseconds that the server asked for */
  microseconds due, seen;              /* when to connect again; the last notice */
  char *rest;                          /* an event of which only the beginning has come */
} *clients;

static int port, count, live, under_way, polling, publisher = -1;
static char request[8192], publish[16384];
static const char *opening, *publish_at;
static int request_length, publish_length;

static enum { IDLE, OPENING, ROUND, RATE, RETURN } task;
static microseconds began, limit, times[MOST_TIMES];
static long received, wanted, sent, rate, seconds;
static microseconds first_cut, last_cut, first_back, last_back, drain_after, drain_spread;
static int cut, back, refused;

static microseconds now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int slurp(const char *path, char *into, size_t room) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  size_t length = fread(into, 1, room - 1, file);
  fclose(file);
  into[length] = 0;
  return length;
}

static void watch(int operation, int socket, unsigned index, unsigned events) {
  struct epoll_event event = {.events = events, .data.u32 = index};
  epoll_ctl(polling, operation, socket, &event);
}

static int tcp(int flags, int to) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int yes = 1, made = socket(AF_INET, SOCK_STREAM | flags, 0);
  if (made < 0) fail("subscribers: socket");
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(made, (void *)&address, sizeof address) && !flags) fail("subscribers: connect");
  return made; /* without waiting, epoll tells how it went */
}

/* Connections */

static void dial(unsigned index) {
  struct client *client = &clients[index];
  client->socket = tcp(SOCK_NONBLOCK, port);
  client->state = DIALLING;
  client->due = 0;
  under_way++;
  watch(EPOLL_CTL_ADD, client->socket, index, EPOLLOUT);
}

/* When to come back: in the spread of the server's good-bye; else after `retry`, with jitter and longer each time. */
static microseconds pause_of(const struct client *client) {
  if (drain_spread && !client->failures) return drain_after + drand48() * drain_spread;
  double longest = client->retry * 1000.0 * (1 << (client->failures < 5 ? client->failures : 5));
  return client->failures ? drand48() * (longest < 30e6 ? longest : 30e6) : longest;
}

static void lose(struct client *client) {
  close(client->socket);
  free(client->rest);
  client->rest = 0;
  if (client->state == LIVE) {
    live--;
    client->failures = 0;
    if (!client->is_cut) cut++;
    client->is_cut = 1;
    last_cut = now();
    if (!first_cut) first_cut = last_cut;
  } else {
    under_way--;
    client->failures++;
    refused++;
  }
  client->state = CLOSED;
  client->due = now() + pause_of(client);
}

static void stand(struct client *client) {
  client->state = LIVE;
  live++;
  under_way--;
  if (task != RETURN || !client->is_cut) return;
  back++;
  last_back = now();
  if (!first_back) first_back = last_back;
}

static microseconds number_behind(const char *text, const char *name) {
  const char *found = strstr(text, name);
  return found ? strtoll(found + strlen(name), 0, 10) : 0;
}

static void take(struct client *client, const char *text) {
  if (client->state != LIVE) {
    if (strstr(text, "retry: ")) client->retry = number_behind(text, "retry: ");
    if (strstr(text, opening)) stand(client);
    else if (!strncmp(text, "HTTP/1.1 ", 9) && text[9] != '2') fprintf(stderr, "subscribers: %.40s\n", text);
  }
  if (strstr(text, "event: drain")) {
    drain_after = 1000 * number_behind(text, "\"reconnectAfterMs\":");
    drain_spread = 1000 * number_behind(text, "\"spreadMs\":");
  }
  for (const char *stamp = text; (stamp = strstr(stamp, "stamp="));) {
    microseconds published = strtoll(stamp += 6, 0, 10);
    if (published < began || published <= client->seen || received == MOST_TIMES) continue;
    client->seen = published;
    times[received++] = now() - published;
  }
}

static void serve(unsigned index) {
  static char text[65537];
  struct client *client = &clients[index];
  if (client->state == DIALLING) {
    if (send(client->socket, request, request_length, MSG_NOSIGNAL) != request_length) return lose(client);
    client->state = ASKED;
    return watch(EPOLL_CTL_MOD, client->socket, index, EPOLLIN);
  }
  size_t begun = client->rest ? strlen(client->rest) : 0;
  ssize_t length = read(client->socket, text + begun, sizeof text - 1 - begun);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) return lose(client);
  if (begun) memcpy(text, client->rest, begun);
  free(client->rest);
  client->rest = 0;
  text[begun + length] = 0;
  char *event = text + begun + length - 1; /* behind the last event that is whole */
  while (event > text && !(event[-1] == '\n' && event[0] == '\n')) event--;
  if (event > text && strstr(event, "data:")) client->rest = strdup(event);
  if (client->rest) *event = 0;
  take(client, text);
}

static void dial_who_is_due(void) {
  microseconds moment = now();
  int most = task == OPENING ? DIALS_AT_ONCE : count; /* who comes back asks nobody how many others do */
  for (int index = 0; index < count && under_way < most; index++)
    if (clients[index].state == CLOSED && clients[index].due && clients[index].due <= moment) dial(index);
}

/* Publishing */

static void open_publisher(void) {
  if (publish_at[0] == '/') {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, publish_at, sizeof address.sun_path - 1);
    publisher = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(publisher, (void *)&address, sizeof address)) fail("subscribers: publisher");
  } else {
    publisher = tcp(0, atoi(publish_at));
  }
  watch(EPOLL_CTL_ADD, publisher, count, EPOLLIN);
}

static void publish_one(void) {
  char digits[21];
  if (publisher < 0) open_publisher();
  snprintf(digits, sizeof digits, "%020lld", now());
  memcpy(strstr(publish, "stamp=") + 6, digits, 20);
  if (send(publisher, publish, publish_length, MSG_NOSIGNAL) != publish_length) fail("subscribers: publish");
  sent++;
  wanted += count;
}

static void read_answer(void) {
  char answer[8192];
  ssize_t length = recv(publisher, answer, sizeof answer - 1, MSG_DONTWAIT);
  if (length <= 0) {
    if (length < 0 && errno == EAGAIN) return;
    close(publisher); /* idle for too long; the next one opens it again */
    publisher = -1;
    return;
  }
  answer[length] = 0;
  if (!strncmp(answer, "HTTP/1.1 ", 9) && answer[9] != '2') {
    fprintf(stderr, "subscribers: publishing was answered with: %.40s\n", answer);
    exit(1);
  }
}

/* Commands */

static void begin(void) {
  char line[128], word[16] = "";
  long first = 0, second = 0;
  if (!fgets(line, sizeof line, stdin)) exit(0);
  sscanf(line, "%15s %ld %ld", word, &first, &second);
  began = now();
  received = wanted = sent = 0;
  if (!strcmp(word, "open")) {
    task = OPENING;
    limit = began + 60000000;
    for (int index = 0; index < count; index++) clients[index].due = began;
  } else if (!strcmp(word, "round")) {
    task = ROUND;
    limit = began + 10000000;
    publish_one();
  } else if (!strcmp(word, "rate")) {
    task = RATE;
    rate = first;
    seconds = second;
    limit = began + (seconds + 10) * 1000000;
  } else if (!strcmp(word, "return")) {
    task = RETURN;
    limit = began + first * 1000000;
    cut = back = refused = 0;
    first_cut = first_back = drain_spread = 0;
    for (int index = 0; index < count; index++) clients[index].is_cut = 0;
  }
}

static int ascending(const void *one, const void *other) {
  microseconds a = *(const microseconds *)one, b = *(const microseconds *)other;
  return (a > b) - (a < b);
}

static void answer_times(const char *word) {
  qsort(times, received, sizeof *times, ascending);
  printf("%s %ld %lld %lld %lld\n", word, received, times[received / 2], times[received * 99 / 100], times[received - 1]);
}

/* Does what the task has to do now; answers when it is done or its time is over. */
static void go_on(void) {
  microseconds moment = now();
  if (task == RATE && sent < rate * seconds && moment <= limit) {
    while (sent < rate * seconds && began + sent * 1000000 / rate <= moment) publish_one();
    return;
  }
  if (task == OPENING && live == count) printf("open %lld\n", moment - began);
  else if (task == ROUND && received == wanted) answer_times("round");
  else if (task == RATE && received == wanted) answer_times("rate");
  else if (task == RETURN && back == count && live == count)
    printf("return %lld %lld %lld %lld %lld %d\n", first_cut - began, last_cut - began, first_back - began, last_back - began, drain_spread, refused);
  else if (task != IDLE && moment > limit)
    printf("failed: %d live, %d cut, %d back, %ld of %ld received\n", live, cut, back, received, wanted);
  else return;
  fflush(stdout);
  task = IDLE;
}

int main(int arguments, char **words) {
  if (arguments < 5) return 2;
  port = atoi(words[1]);
  count = atoi(words[2]);
  request_length = slurp(words[3], request, sizeof request);
  opening = words[4];
  if (arguments > 6) {
    publish_at = words[5];
    publish_length = slurp(words[6], publish, sizeof publish);
    if (!strstr(publish, "stamp=00000000000000000000")) return 2;
  }
  clients = calloc(count, sizeof *clients);
  for (int index = 0; index < count; index++) clients[index].retry = 1000;
  srand48(now());
  setvbuf(stdin, 0, _IONBF, 0);
  polling = epoll_create1(0);
  watch(EPOLL_CTL_ADD, STDIN_FILENO, count + 1, EPOLLIN);
  struct epoll_event events[512];
  for (;;) {
    int ready = epoll_wait(polling, events, 512, task == RATE ? 1 : task != IDLE || live < count ? 5 : 1000);
    for (int i = 0; i < ready; i++) {
      unsigned index = events[i].data.u32;
      if (index < (unsigned)count) serve(index);
      else if (index == (unsigned)count) read_answer();
      else begin();
    }
    if (live < count) dial_who_is_due();
    go_on();
  }
}
