use strict;
use IO::Socket::INET;

my $api = IO::Socket::INET->new(PeerAddr => $ENV{AWS_LAMBDA_RUNTIME_API}) or die;
my $root = "HTTP/1.1\r\nHost: lambda\r\n";

sub answer {
    my ($head, $body, $data) = ("", "");
    while (my $line = <$api>) { last if $line eq "\r\n"; $head .= $line }
    read $api, $body, $1 if $head =~ /content-length: *(\d+)/i;
    return ($head, $body);
}

for (my $calls = 1; ; $calls++) {
    print $api "GET /2018-06-01/runtime/invocation/next $root\r\n";
    my ($head, $event) = answer();
    my ($id) = $head =~ /lambda-runtime-aws-request-id: *(\S+)/i or die $head;
    my $result = qq({"calls":$calls,"event":$event});
    my $post = "POST /2018-06-01/runtime/invocation/$id/response ${root}Content-Length: " . length $result;
    print $api "$post\r\n\r\n$result";
    answer();
}
