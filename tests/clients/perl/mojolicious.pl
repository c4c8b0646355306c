#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Mojo::UserAgent, and the few lines that it takes to read a stream.
use Mojo::Base -strict;
use Mojo::IOLoop;
use Mojo::JSON 'encode_json';
use Mojo::UserAgent;

$| = 1;
my ($id, $retry) = ('', 1000);
my $ua = Mojo::UserAgent->new(inactivity_timeout => 45, max_response_size => 0);

sub say_line { print encode_json($_[0]), "\n" }

sub reader {
	my ($buffer, %event) = ('');
	return sub {
		$buffer .= $_[0];
		while ($buffer =~ s/^([^\n]*)\n//) {
			my $line = $1;
			if ($line eq '') {
				$id = $event{id} if defined $event{data} && defined $event{id};
				say_line({type => $event{event} // 'message', id => $id, data => join("\n", @{$event{data}})})
					if $event{data};
				%event = ();
			} elsif ($line =~ /^data: ?(.*)/) { push @{$event{data}}, $1 }
			elsif ($line =~ /^(event|id): ?(.*)/) { $event{$1} = $2 }
			elsif ($line =~ /^retry: ?(\d+)$/) { $retry = $1 }
		}
	};
}

sub listen_once {
	my $tx = $ua->build_tx(GET => $ARGV[0], {Accept => 'text/event-stream', $id ne '' ? ('Last-Event-ID' => $id) : ()});
	my $read = reader();
	$tx->res->content->unsubscribe('read')->on(read => sub { $read->($_[1]) if ($tx->res->code // 0) == 200 });
	$ua->start($tx => sub {
		my $error = $_[1]->error;
		say_line({error => $error ? $error->{message} : 'ended'});
		Mojo::IOLoop->timer($retry / 1000 => \&listen_once);
	});
}

listen_once();
Mojo::IOLoop->start;
