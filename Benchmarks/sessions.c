/* Clients of the sessions of one syncd, over kept connections, one request at a time each; a thread a client.

   sessions read|update|hello PORT RATE CLIENTS SECONDS   requests of one kind, each client in a session of its own
   sessions pairs|floor PORT WEB CLIENTS SECONDS          a passcode made at PORT and redeemed at WEB; or two small requests there
   sessions open SOCKET COUNT CLIENTS                     opens COUNT sessions, each with a small storage, and ends

   RATE is how often a client asks in a second; 0: again as soon as it has its answer.

   It prints one line: COUNT SECONDS P50MS P99MS, of requests, pairs or sessions. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CLIENTS = 256, MOST_TIMES = 4000000 };

static const char *mode, *place;
static int port, web, rate, clients, goal;
static volatile double end;
static atomic_int opened;
static pthread_barrier_t start;

struct client {
    pthread_t thread;
    int number;
    int api, browser;      /* sockets */
    char token[80];
    char answer[16384];
    int status;
    float *times;
    int count, room;
};

static void fail(const char *what, const char *more) {
    fprintf(stderr, "sessions: %s: %.400s\n", what, more);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static int connect_to(int port) {
    int on = 1, made = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (made < 0 || connect(made, (struct sockaddr *)&address, sizeof address)) fail("cannot connect", "");
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

static int connect_locally(const char *path) {
    int made = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the socket's path is too long", path);
    strcpy(address.sun_path, path);
    if (made < 0 || connect(made, (struct sockaddr *)&address, sizeof address)) fail("cannot connect", path);
    return made;
}

/* One request and its whole answer, which is text and has a length. */
static void ask(struct client *client, int connection, const char *format, ...) {
    char request[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(request, sizeof request, format, arguments);
    va_end(arguments);
    if (write(connection, request, length) != length) fail("cannot write", request);
    int have = 0, needed = sizeof client->answer;
    while (have < needed) {
        int got = read(connection, client->answer + have, sizeof client->answer - 1 - have);
        if (got <= 0) fail("no answer", request);
        client->answer[have += got] = 0;
        char *body = strstr(client->answer, "\r\n\r\n");
        if (!body) continue;
        char *field = strcasestr(client->answer, "\r\ncontent-length:");
        needed = body + 4 - client->answer + (field && field < body ? atoi(field + 17) : 0);
        if (needed >= (int)sizeof client->answer) fail("the answer is too long", client->answer);
    }
    client->status = atoi(client->answer + 9);
}

static void expect(struct client *client, int status) {
    if (client->status != status) fail("another answer than expected", client->answer);
}

/* The text of a member of the last answer, which has no escapes. */
static void take(struct client *client, const char *name, char *text, int size) {
    char key[40];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    char *found = strstr(client->answer, key);
    if (!found) fail("a member is missing", client->answer);
    found += strlen(key);
    char *last = strchr(found, '"');
    if (!last || last - found >= size) fail("a member is too long", client->answer);
    memcpy(text, found, last - found);
    text[last - found] = 0;
}

static void open_session(struct client *client, const char *host) {
    char body[200];
    int length = snprintf(body, sizeof body, "{\"client\":\"benchmark\",\"machineName\":\"desk-%d\",\"systemUserName\":\"ann.smith\"}",
                          client->number);
    ask(client, client->api, "POST /v1/sessions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        host, length, body);
    expect(client, 201);
    take(client, "token", client->token, sizeof client->token);
}

static void patch(struct client *client, const char *host, const char *body) {
    ask(client, client->api,
        "PATCH /v1/sessions/self/storage HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/merge-patch+json\r\nContent-Length: %d\r\n\r\n%s", host, client->token, (int)strlen(body), body);
    expect(client, 200);
}

static void get(struct client *client, int connection, int port, const char *path, int status) {
    ask(client, connection, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s\r\n\r\n", path, port,
        client->token[0] ? "Authorization: Bearer " : "X-None: ", client->token);
    expect(client, status);
}

static void pair(struct client *client, const char *host) {
    char passcode[80], path[120];
    ask(client, client->api, "POST /v1/sessions/self/otp HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 0\r\n\r\n",
        host, client->token);
    expect(client, 201);
    take(client, "otp", passcode, sizeof passcode);
    snprintf(path, sizeof path, "/?$4DSID=%s", passcode);
    ask(client, client->browser, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", path, web);
    expect(client, 303);
    if (!strcasestr(client->answer, "\r\nset-cookie:")) fail("the passcode was not taken", client->answer);
}

static void *run(void *argument) {
    struct client *client = argument;
    char host[40], body[60];
    snprintf(host, sizeof host, "127.0.0.1:%d", port);
    client->api = connect_to(port);
    if (web) client->browser = connect_to(web);
    open_session(client, host);
    patch(client, host, "{\"user\":{\"id\":4711,\"name\":\"Ann Smith\",\"mail\":\"ann@example.com\"},\"cart\":[1,2,3]}");
    pthread_barrier_wait(&start);
    /* Clients that ask now and then do not ask all at once. */
    double next = now() + (rate ? (double)client->number / clients / rate : 0);
    double began = now();
    for (int turn = 0; began < end; turn++) {
        if (rate) {
            struct timespec moment = {.tv_sec = (time_t)next, .tv_nsec = (long)((next - (time_t)next) * 1e9)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL);
            next += 1.0 / rate;
            began = now();
        }
        if (!strcmp(mode, "read")) get(client, client->api, port, "/v1/sessions/self/storage", 200);
        else if (!strcmp(mode, "hello")) get(client, client->api, port, "/v1/hello", 200);
        else if (!strcmp(mode, "update")) snprintf(body, sizeof body, "{\"n\":%d}", turn), patch(client, host, body);
        else if (!strcmp(mode, "pairs")) pair(client, host);
        else get(client, client->api, port, "/v1/hello", 200), get(client, client->browser, web, "/%2e%2e", 404);
        double ended = now();
        if (client->count < client->room) client->times[client->count++] = (ended - began) * 1e3;
        began = ended;
    }
    return NULL;
}

static void *fill(void *argument) {
    struct client *client = argument;
    client->api = connect_locally(place);
    pthread_barrier_wait(&start);
    while (atomic_fetch_add(&opened, 1) < goal) {
        double began = now();
        client->token[0] = 0;
        open_session(client, "localhost");
        patch(client, "localhost", "{\"user\":{\"id\":4711,\"name\":\"Ann Smith\",\"mail\":\"ann@example.com\"},\"cart\":[1,2,3]}");
        client->times[client->count++] = (now() - began) * 1e3;
    }
    return NULL;
}

static int compare(const void *one, const void *other) {
    float difference = *(const float *)one - *(const float *)other;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    static struct client all[MOST_CLIENTS];
    mode = count > 1 ? arguments[1] : "";
    int isOpen = !strcmp(mode, "open"), isPair = !strcmp(mode, "pairs") || !strcmp(mode, "floor");
    if (count != (isOpen ? 5 : 6)) fail("wrong arguments", "see the head of the source");
    double seconds = 0;
    if (isOpen) place = arguments[2], goal = atoi(arguments[3]), clients = atoi(arguments[4]);
    else {
        port = atoi(arguments[2]);
        *(isPair ? &web : &rate) = atoi(arguments[3]);
        clients = atoi(arguments[count - 2]), seconds = atof(arguments[count - 1]);
    }
    if (clients < 1 || clients > MOST_CLIENTS) fail("wrong number of clients", "1 to 256");
    pthread_barrier_init(&start, NULL, clients + 1);
    int room = isOpen ? goal : MOST_TIMES / clients;
    for (int number = 0; number < clients; number++) {
        struct client *client = &all[number];
        client->number = number, client->room = room;
        client->times = malloc(sizeof(float) * room);
        if (!client->times || pthread_create(&client->thread, NULL, isOpen ? fill : run, client)) fail("no memory", "");
    }
    end = 1e300; /* until everybody is ready */
    pthread_barrier_wait(&start);
    double began = now();
    end = began + seconds;
    float *times = malloc(sizeof(float) * (size_t)room * clients);
    int total = 0;
    for (int number = 0; number < clients; number++) {
        pthread_join(all[number].thread, NULL);
        memcpy(times + total, all[number].times, sizeof(float) * all[number].count);
        total += all[number].count;
    }
    double spent = now() - began;
    qsort(times, total, sizeof(float), compare);
    printf("%d %.4f %.4f %.4f\n", total, spent, times[total / 2], times[total - 1 - total / 100]);
    return 0;
}
