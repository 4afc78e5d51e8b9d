# The inventory service: GET /inventory/systems/<host> asks the system service of that host for its properties, with
# the user and password that come from a Secret, and remembers them; GET /inventory/systems lists what it knows.
use strict;
use IO::Select;
use IO::Socket::INET;

$| = 1;
$SIG{TERM} = $SIG{INT} = sub { exit 0 };
my $server = IO::Socket::INET->new(LocalPort => 9080, Listen => 128, ReuseAddr => 1) or die "port 9080: $!\n";
print "inventory listens on 9080\n";
my %known;

# One request at a time: the list of systems is in this process.
while (1) {
    my $client = $server->accept or next;
    local $SIG{PIPE} = 'IGNORE';
    eval { local $SIG{ALRM} = sub { die "too slow\n" }; alarm 10; answer($client); alarm 0; };
    alarm 0;
    close $client;
}

sub encoded {
    my ($bits, $text) = (unpack('B*', shift), '');
    my @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '+', '/');
    $text .= $letters[oct '0b' . substr "$1" . '00000', 0, 6] while $bits =~ /(.{1,6})/g;
    return $text . '=' x (-length($text) % 4);
}

sub ask {
    my $host = shift;
    my $system = IO::Socket::INET->new(PeerAddr => $host, PeerPort => 9080, Timeout => 3) or return;
    my $user = encoded(($ENV{SYSTEM_APP_USERNAME} // '') . ':' . ($ENV{SYSTEM_APP_PASSWORD} // ''));
    print $system "GET /system/properties HTTP/1.1\r\nHost: $host:9080\r\nAuthorization: Basic $user\r\nConnection: close\r\n\r\n";
    my $answer = '';
    while (IO::Select->new($system)->can_read(3) && sysread($system, my $part, 65536)) { $answer .= $part }
    my ($head, $body) = split /\r\n\r\n/, $answer, 2;
    return $head =~ m{^HTTP/1\.\d (\d+)}, $body;
}

sub reply {
    my ($client, $status, $body) = @_;
    my $length = length $body;
    print $client "HTTP/1.1 $status\r\nContent-Type: application/json\r\nContent-Length: $length\r\nConnection: close\r\n\r\n$body";
}

sub answer {
    my $client = shift;
    my ($method, $target) = split ' ', (<$client> // '');
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
    return reply($client, '405 Method Not Allowed', qq({"error":"GET alone"}\n)) if ($method // '') ne 'GET';
    if ($target =~ m{^/inventory/systems/?$}) {
        my @systems = map { qq({"hostname":"$_","properties":$known{$_}}) } sort keys %known;
        return reply($client, '200 OK', '{"systems":[' . join(',', @systems) . '],"total":' . @systems . "}\n");
    }
    my ($host) = $target =~ m{^/inventory/systems/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$}
        or return reply($client, '404 Not Found', qq({"error":"there is /inventory/systems and /inventory/systems/<host>"}\n));
    my ($status, $properties) = ask($host);
    return reply($client, '404 Not Found', qq({"error":"Unknown hostname $host, or no system service runs there"}\n)) if !$status;
    return reply($client, '502 Bad Gateway', qq({"error":"the system service of $host answered $status"}\n)) if $status != 200;
    chomp $properties;
    $known{$host} = $properties;
    reply($client, '200 OK', "$properties\n");
}
