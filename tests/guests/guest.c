/* A Lambda runtime in C: raw sockets, one connection for each call. Streams 0 to 4, 50 ms apart; an event with
   "fail" in it ends in error trailers after two of them. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char reply[1 << 16];
static size_t received;

static int call(const char *format, const char *id) {
    char host[64], head[1024];
    int port, connection = socket(AF_INET, SOCK_STREAM, 0);
    sscanf(getenv("AWS_LAMBDA_RUNTIME_API"), "%63[^:]:%d", host, &port);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    if (connect(connection, (struct sockaddr *)&address, sizeof address)) exit(1);
    write(connection, head, snprintf(head, sizeof head, format, id));
    return connection;
}

static void read_reply(int connection) {
    ssize_t size;
    received = 0;
    while ((size = read(connection, reply + received, sizeof reply - 1 - received)) > 0) received += size;
    reply[received] = 0;
    close(connection);
}

int main(void) {
    for (;;) {
        char id[64];
        read_reply(call("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: lambda\r\n"
                        "Connection: close\r\n\r\n", ""));
        if (sscanf(strcasestr(reply, "lambda-runtime-aws-request-id:") + 30, " %63s", id) != 1) return 1;
        int fails = strstr(strstr(reply, "\r\n\r\n"), "fail") != NULL;
        int post = call("POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: lambda\r\n"
                        "Connection: close\r\nTransfer-Encoding: chunked\r\n"
                        "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
                        "Trailer: Lambda-Runtime-Function-Error-Type\r\n"
                        "Content-Type: text/plain\r\n\r\n", id);
        for (int n = 0; n < (fails ? 2 : 5); n++) {
            dprintf(post, "2\r\n%d\n\r\n", n);
            usleep(50000);
        }
        dprintf(post, "0\r\n%s\r\n", fails ? "Lambda-Runtime-Function-Error-Type: Guest.AsAsked\r\n" : "");
        read_reply(post);
        fprintf(stderr, "the Runtime API answered %.12s\n", reply);
    }
}
