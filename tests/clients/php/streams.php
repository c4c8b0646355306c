<?php
// SPDX-License-Identifier: MIT
// PHP's own streams, and the few lines that it takes to read one of ours.  With
// HTTP/1.1 fgets() waits for 8 KiB.
$id = '';
$retry = 1000;

function say(array $what): void
{
	echo json_encode($what, JSON_UNESCAPED_SLASHES), "\n";
}

while (true) {
	$event = [];
	$stream = @fopen($argv[1], 'r', false, stream_context_create(['http' => [
		'header' => ['Accept: text/event-stream', ...($id === '' ? [] : ["Last-Event-ID: $id"])],
		'protocol_version' => 1.0, 'timeout' => 45]]));
	while ($stream && ($line = fgets($stream)) !== false) {
		if (!str_ends_with($line, "\n"))
			break; // it was cut there
		$line = substr($line, 0, -1);
		if ($line === '') {
			if (isset($event['data'])) {
				$id = $event['id'] ?? $id;
				say(['type' => $event['event'] ?? 'message', 'data' => $event['data'], 'id' => $id]);
			}
			$event = [];
			continue;
		}
		[$field, $value] = explode(':', $line, 2) + [1 => ''];
		$value = str_starts_with($value, ' ') ? substr($value, 1) : $value;
		if ($field === 'data')
			$event['data'] = isset($event['data']) ? "{$event['data']}\n$value" : $value;
		elseif ($field === 'retry')
			$retry = (int) $value;
		else
			$event[$field] = $value;
	}
	say(['error' => 'ended']);
	usleep($retry * 1000);
}
