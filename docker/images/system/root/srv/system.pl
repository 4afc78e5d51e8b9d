# The system service: GET /system/properties tells what this system is, to bob alone. The header X-App-Name carries
# APP_NAME, which comes from a ConfigMap.
use strict;
use IO::Socket::INET;
use POSIX qw(uname);

$| = 1;
$SIG{TERM} = $SIG{INT} = sub { exit 0 };
$SIG{CHLD} = 'IGNORE';
my $allowed = 'Basic Ym9iOmJvYnB3ZA==';    # bob:bobpwd
my $server = IO::Socket::INET->new(LocalPort => 9080, Listen => 128, ReuseAddr => 1) or die "port 9080: $!\n";
print "system listens on 9080\n";

while (1) {
    my $client = $server->accept or next;
    my $child = fork;
    if (defined $child && $child == 0) { answer($client); exit 0 }
    close $client;
}

sub quoted { my $text = shift; $text =~ s/(["\\])/\\$1/g; $text =~ s/[\x00-\x1f]/ /g; return qq("$text") }

sub reply {
    my ($client, $status, $body, @headers) = @_;
    my $head = join "\r\n", "HTTP/1.1 $status", 'Content-Type: application/json', 'Content-Length: ' . length $body,
        'X-App-Name: ' . ($ENV{APP_NAME} // ''), 'Connection: close', @headers;
    print $client "$head\r\n\r\n$body";
}

sub answer {
    my $client = shift;
    alarm 10;
    my ($method, $target) = split ' ', (<$client> // '');
    my %header;
    while (defined(my $line = <$client>)) {
        last if $line =~ /^\r?\n$/;
        $header{lc $1} = $2 if $line =~ /^([^:]+):\s*(.*?)\s*$/;
    }
    my ($path) = split /\?/, $target // '';
    return reply($client, '404 Not Found', qq({"error":"there is /system/properties"}\n)) if $path !~ m{^/system/properties/?$};
    return reply($client, '405 Method Not Allowed', qq({"error":"GET alone"}\n)) if $method ne 'GET' && $method ne 'HEAD';
    return reply($client, '401 Unauthorized', qq({"error":"who are you?"}\n), 'WWW-Authenticate: Basic realm="system"')
        if ($header{authorization} // '') ne $allowed;
    my ($os, $node, $release, $version, $machine) = uname();
    my @properties = (
        ['app.name', $ENV{APP_NAME} // ''], ['host.name', $node], ['os.arch', $machine], ['os.name', $os], ['os.version', $release],
        ['user.dir', '/'], ['user.name', (getpwuid $<)[0] // $<],
    );
    my $body = '{' . join(',', map { quoted($_->[0]) . ':' . quoted($_->[1]) } @properties) . "}\n";
    reply($client, '200 OK', $method eq 'HEAD' ? '' : $body);
}
